// The state of an engine, and what all of its parts do with it.

import { createCredentials, type Credentials } from "../certificates/credentials.ts";
import type { Identity } from "../identity/identity.ts";
import { createPeerIndex } from "../identity/peer_index.ts";
import { transformsOf } from "../suites/choose.ts";
import { FLAG, HEADER_LEN } from "../wire/constants.ts";
import type { Header } from "../wire/header.ts";
import { LIMIT } from "../wire/limits.ts";
import { emitMessage } from "../wire/message.ts";
import type { Payload } from "../wire/payloads/payload.ts";
import { proposalText } from "../wire/proposal_text.ts";
import { sealMessage } from "../wire/sealed.ts";
import { createWriter } from "../wire/writer.ts";
import type { IkeAction, IkeSaKeys } from "./actions.ts";
import { createHalfOpen, type Embryo, type HalfOpen } from "./half_open.ts";
import type { IkeSa } from "./ike_sa.ts";
import type { IkeSettings, IkeTools, PeerPolicy } from "./settings.ts";

/** The state of an engine. */
export interface Context {
  /** Replaced by a reload: nothing keeps a part of them. */
  settings: IkeSettings;
  /** Finds the peer that has an identity. */
  peerOf: (identity: Identity) => PeerPolicy | undefined;
  /** Null without certificates. */
  credentials: Credentials | null;
  readonly tools: IkeTools;
  /** IKE SAs by our SPI, in hex. */
  readonly sas: Map<string, IkeSa>;
  /** IKE SAs by their number: one, and those that it replaces or that replace it. */
  readonly byId: Map<number, Set<IkeSa>>;
  /** Half-open IKE SAs by the digest of the request that began them. */
  readonly begun: Map<string, IkeSa | Embryo>;
  /** Half-open IKE SAs before their second message, by our SPI, in hex; oldest first. */
  readonly embryos: Map<string, Embryo>;
  /** IKE SAs that have ended and still answer the repeat of a request; oldest first. */
  readonly tombs: Set<IkeSa>;
  /** Names of tickets that may not come, and when they would have expired, ms since 1970. */
  readonly spent: Map<string, number>;
  /** Where messages are laid out. */
  readonly buffer: Uint8Array;
  /** What is to be done; whoever calls the engine takes it out. */
  actions: IkeAction[];
  /** Monotonic ms, of the call that is under way. */
  now: number;
  /** Number of the IKE SA that is made next. */
  nextId: number;
  /** ms since 1970, for what outlives the process. */
  readonly wallMs: () => number;
  /** IKE SAs that strangers have begun and that are not up. */
  readonly halfOpen: HalfOpen;
}

/** Makes the state of an engine without IKE SAs. */
export function createContext(settings: IkeSettings, tools: IkeTools): Context {
  return {
    settings,
    peerOf: createPeerIndex(settings.peers),
    credentials: credentialsOf(settings, tools),
    tools,
    sas: new Map(),
    byId: new Map(),
    begun: new Map(),
    embryos: new Map(),
    tombs: new Set(),
    spent: new Map(),
    buffer: new Uint8Array(HEADER_LEN + LIMIT.MESSAGE_LEN),
    actions: [],
    now: 0,
    nextId: 1,
    wallMs: () => tools.wallMs?.() ?? Date.now(),
    halfOpen: createHalfOpen(),
  };
}

/** Puts an IKE SA into the tables. */
export function addSa({ sas, byId }: Context, sa: IkeSa): void {
  sas.set(ownSpiKey(sa), sa);
  const same = byId.get(sa.id);
  if (same === undefined) byId.set(sa.id, new Set([sa]));
  else same.add(sa);
}

/** Takes an IKE SA out of the tables. */
export function dropSa({ sas, byId, begun, tombs }: Context, sa: IkeSa): void {
  tombs.delete(sa);
  sas.delete(ownSpiKey(sa));
  if (sa.digest !== null) begun.delete(sa.digest);
  const same = byId.get(sa.id);
  same?.delete(sa);
  if (same?.size === 0) byId.delete(sa.id);
}

function ownSpiKey({ isInitiator, spiI, spiR }: IkeSa): string {
  return spiKey(isInitiator ? spiI : spiR);
}

/** The certificates that settings have. @throws {Error} If the private key cannot be used */
export function credentialsOf(settings: IkeSettings, tools: IkeTools): Credentials | null {
  if (settings.certificates === undefined || tools.certificates === undefined) return null;
  return createCredentials(settings.certificates, tools.certificates);
}

/** The key under which an SPI of 8 octets is found. */
export function spiKey(spi: Uint8Array): string {
  return Buffer.from(spi.buffer, spi.byteOffset, spi.length).toString("hex");
}

/** What tells an IKE SA apart, as text. */
export function keysTextOf({ isInitiator, spiI, spiR, suite }: IkeSa): IkeSaKeys {
  const text = proposalText({ transforms: transformsOf(suite) });
  return { isInitiator, spiI: spiKey(spiI), spiR: spiKey(spiR), suite: text };
}

/** The head of a message of an IKE SA. */
export interface MessageHead {
  readonly exchange: number;
  readonly messageId: number;
  readonly isResponse: boolean;
}

/** Lays out and seals a message of an IKE SA. The octets are a copy. */
export function sealFor(
  context: Context,
  sa: IkeSa,
  { exchange, messageId, isResponse, payloads }: MessageHead & {
    readonly payloads: readonly Payload[];
  },
): Uint8Array {
  const header = headerFor(sa, { exchange, messageId, isResponse });
  const { seal } = sa.keyed();
  const message = { header, payloads, iv: sa.nextIv() };
  return sealMessage(createWriter(context.buffer), message, seal).slice();
}

/** The header of a message of an IKE SA. */
export function headerFor(
  { spiI, spiR, isInitiator }: IkeSa,
  { exchange, messageId, isResponse }: MessageHead,
): Header {
  const flags = (isInitiator ? FLAG.INITIATOR : 0) | (isResponse ? FLAG.RESPONSE : 0);
  return { spiI, spiR, exchange, flags, messageId };
}

/** Lays out a message without SK. The octets are a copy. */
export function emitFor(
  context: Context,
  header: MessageHead & {
    readonly spiI: Uint8Array;
    readonly spiR: Uint8Array;
    readonly isInitiator: boolean;
  },
  payloads: readonly Payload[],
): Uint8Array {
  const { isInitiator, isResponse } = header;
  const flags = (isInitiator ? FLAG.INITIATOR : 0) | (isResponse ? FLAG.RESPONSE : 0);
  const message = { header: { ...header, flags }, payloads };
  return emitMessage(createWriter(context.buffer), message).slice();
}
