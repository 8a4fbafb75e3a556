// One IKE SA: what both sides have agreed on, and where it stands.

import type { Prefix } from "../../model/prefix.ts";
import { firstIkeKeys, type IkeKeys, wipeIkeKeys } from "../keys/ike_keys.ts";
import type { KeyExchangeId, KeyPair } from "../keys/key_exchange.ts";
import { PRFS } from "../keys/prf.ts";
import { type IkeSuite, keyLenOf } from "../suites/suite.ts";
import type { Proposal } from "../wire/payloads/sa.ts";
import type { Aead } from "../wire/sealed.ts";
import type { Chain } from "./chain.ts";
import type { Child } from "./child_sa.ts";
import type { Collected } from "./collected.ts";
import type { IkeTools, PeerPolicy, ResumptionTicket } from "./settings.ts";
import type { OwnRequests, PeerRequests } from "./windows.ts";

/** Where an IKE SA stands. */
export type IkeState =
  /** Initiator: IKE_SA_INIT is out. */
  | "init_sent"
  /** Responder: IKE_SA_INIT is answered. A stranger gets no more than this. */
  | "half_open"
  /** Initiator: IKE_INTERMEDIATE or IKE_AUTH is out. */
  | "auth_sent"
  | "established"
  /** Made by a rekey; its predecessor still has the Child SAs. */
  | "waiting"
  /** A successor has its place. It answers, and waits for the peer's Delete. */
  | "rekeyed"
  /** Our Delete is out. */
  | "deleting"
  | "dead";

/** Nonces of an exchange. */
export interface Nonces {
  readonly nonceI: Uint8Array;
  readonly nonceR: Uint8Array;
}

/** What the two kinds of rekey of this side have in common. */
interface Rekey {
  readonly nonce: Uint8Array;
  readonly offered: readonly Proposal[];
  /** Null without a key exchange. */
  readonly ke: KeyExchangeId | null;
  readonly pair: KeyPair | null;
  readonly tried: readonly KeyExchangeId[];
}

/** A rekey of a Child SA that this side has begun. */
export interface ChildRekey extends Rekey {
  readonly old: Child;
  /** The SPI that we receive on. */
  readonly spiIn: number;
  /**
   * What the peer has begun of the same Child SA meanwhile. Null for the Child SA while additional
   * key exchanges are under way.
   */
  theirs: (Nonces & { child: Child | null }) | null;
}

/** A rekey of the IKE SA that this side has begun. */
export interface IkeRekey extends Rekey {
  /** Our SPI of the new IKE SA. */
  readonly spi: Uint8Array;
  /** What the peer has begun meanwhile, as {@link ChildRekey} has it. */
  theirs: (Nonces & { next: IkeSa | null }) | null;
}

/** What one of our requests is for. */
export type Asked =
  | { readonly kind: "init" | "resume" | "ticket" | "auth" | "liveness" | "deleteIke" }
  | { readonly kind: "deleteChild"; readonly child: Child }
  | { readonly kind: "rekeyChild"; readonly rekey: ChildRekey }
  | { readonly kind: "rekeyIke"; readonly rekey: IkeRekey }
  /** UPDATE_SA_ADDRESSES with COOKIE2. */
  | { readonly kind: "update"; readonly cookie: Uint8Array }
  /** IKE_INTERMEDIATE with an additional key exchange. */
  | { readonly kind: "intermediate"; readonly ke: KeyExchangeId; readonly pair: KeyPair }
  /** IKE_FOLLOWUP_KE behind a rekey. */
  | { readonly kind: "followup"; readonly followup: Followup };

/** An additional key exchange behind a rekey that this side has begun. */
export interface Followup {
  readonly ke: KeyExchangeId;
  readonly pair: KeyPair;
  readonly of: "ike" | "child";
  /** Goes on with the secret of the additional exchange. */
  readonly finish: (secret: Uint8Array) => void;
  /** Gives the rekey up. */
  readonly fail: () => void;
}

/** The values of IKE_INTERMEDIATE that AUTH covers (RFC 9242 §3.3.2). */
export interface IntAuth {
  readonly i: Uint8Array;
  readonly r: Uint8Array;
  /** How many exchanges there were. */
  readonly count: number;
}

/** The values of both sides in IKE_SA_INIT. */
export interface InitValues {
  readonly nonceI: Uint8Array;
  readonly nonceR: Uint8Array;
  /** The messages that AUTH covers, as they were on the wire. */
  readonly request: Uint8Array;
  readonly answer: Uint8Array;
  /** Data of the peer's KE payload. */
  readonly peerValue: Uint8Array;
}

/** What an initiator remembers until the responder has answered. */
export interface Start {
  readonly target: Target;
  readonly nonce: Uint8Array;
  readonly offered: readonly Proposal[];
  /** The cookie that the responder wants to see; it stays in all later attempts. */
  readonly cookie: Uint8Array | null;
  /** Key exchanges of this attempt and those before it. */
  readonly tried: readonly KeyExchangeId[];
  /** The request as it was sent last. */
  readonly request: Uint8Array;
}

/** The Child SA that an initiator has asked for. */
export interface ChildOffer {
  readonly spiIn: number;
  readonly local: readonly Prefix[];
  readonly remote: readonly Prefix[];
}

/** Where an initiator goes. */
export interface Target {
  readonly peer: PeerPolicy;
  /** Asks for an inner address of each of these families. */
  readonly addresses: readonly ("v4" | "v6")[];
  /** A ticket of an earlier IKE SA with this peer. It serves once. */
  readonly ticket?: ResumptionTicket;
}

/** What an IKE SA that resumes another is held to. */
export interface Resumption {
  /** Bodies of the ID payloads. */
  readonly client: Uint8Array;
  readonly server: Uint8Array;
  /** Digest of the client's policy, and name of the ticket. Empty at the client. */
  readonly policy: Uint8Array;
  readonly ticket: string;
}

/** What a peer has proved itself with. */
export interface Proven {
  /** Its certificates, its own first; empty without, and after a resumption. */
  readonly certificates: readonly Uint8Array[];
  /** How long that holds, ms since 1970; a resumption does not prolong it. */
  readonly until: number;
}

/** A secret holds until the settings have another. */
export const BY_SECRET: Proven = { certificates: [], until: Number.MAX_SAFE_INTEGER };

/** Bodies of the ID payloads of both sides. */
export interface IdBodies {
  readonly ours: Uint8Array;
  readonly theirs: Uint8Array;
}

/** The keys of an IKE SA, ready for use. */
export interface Keyed {
  readonly keys: IkeKeys;
  /** For what this side sends. */
  readonly seal: Aead;
  /** For what the peer sends. */
  readonly open: Aead;
}

/** An IKE SA. Its state changes only in this folder. */
export interface IkeSa {
  /** The engine's number for it. */
  readonly id: number;
  /** Whether this side sent its first message. */
  readonly isInitiator: boolean;
  readonly spiI: Uint8Array;
  /** Zeros until the responder has chosen. */
  spiR: Uint8Array;
  readonly own: OwnRequests<Asked>;
  readonly theirs: PeerRequests;
  /** Child SAs by the SPI that we receive on. */
  readonly children: Map<number, Child>;
  state: IkeState;
  suite: IkeSuite;
  /** Our private value. */
  pair: KeyPair;
  /** Null for a responder. */
  start: Start | null;
  /** Null for an initiator that waits for the answer. */
  init: InitValues | null;
  /** Null while no Child SA is asked for. */
  offer: ChildOffer | null;
  /** The policy that the peer has met; of an initiator the one it goes to. */
  peer: PeerPolicy | null;
  /** The peer's authenticated identity in the form that is compared; empty before. */
  identity: string;
  /** Path of the last authentic message; null while no connection is there. */
  path: number | null;
  /** Whether it is the one of its number that has the Child SAs. */
  isCurrent: boolean;
  /** The IKE SA whose place it has taken. */
  predecessor: IkeSa | null;
  /** When a rekey is due, monotonic ms. */
  rekeyAt: number;
  /** When the SA began, when an authentic message came last, when the request went out. */
  readonly begunAt: number;
  heardAt: number;
  askedAt: number;
  /** When it was said that the peer has forgotten this IKE SA; Infinity if nobody has. */
  doubtedAt: number;
  /** Messages with a wrong ICV before the first right one. */
  wrongCount: number;
  /** Responder: digest of the request that began it, by which a repeat is known; else null. */
  digest: string | null;
  /** Null for an IKE SA that does not resume another. */
  resumption: Resumption | null;
  /** Null before both sides are known. */
  ids: IdBodies | null;
  /** What the peer's SIGNATURE_HASH_ALGORITHMS said; null if there was none (RFC 7427 §4). */
  peerHashes: readonly number[] | null;
  /** What the peer has proved itself with; through rekeys too. */
  proven: Proven;
  /** Responder: name of the ticket that was given last; null without. */
  ticket: string | null;
  /** Initiator: whether a ticket has to be asked for. */
  isTicketDue: boolean;
  /** Initiator: whether both sides know MOBIKE (RFC 4555 §3.3); through rekeys too. */
  isMobile: boolean;
  /** Initiator: whether it has to say that it is elsewhere. */
  isUpdateDue: boolean;
  /** Whether both sides have said that they have postquantum preshared keys (RFC 8784 §3). */
  hasPpk: boolean;
  /** Initiator: the keys that hold if the responder takes the PPK; null without. */
  mixed: IkeKeys | null;
  /** Whether both sides have said that they know IKE_INTERMEDIATE (RFC 9242 §3.1). */
  hasIntermediate: boolean;
  /** Whether both sides have said that they read fragments (RFC 7383 §2.3). */
  hasFragments: boolean;
  /** Null while no fragment is kept. */
  collected: Collected | null;
  /** The additional key exchange that IKE_AUTH has to wait for. */
  pendingKe: KeyExchangeId | null;
  /** Null without IKE_INTERMEDIATE. */
  intAuth: IntAuth | null;
  /** A rekey that the peer has begun, while its additional key exchange is to come. */
  chain: Chain | null;
  /** Additional key exchanges in a row of which the peer knew nothing. */
  lostCount: number;
  /** Leased addresses, given back at the end. */
  readonly leases: (() => void)[];
  /** The keys. @throws {Error} Before `deriveKeys` */
  keyed(): Keyed;
  /** Derives the keys; false if the peer's value is refused. Does nothing the second time. */
  deriveKeys(): boolean;
  /** Takes other keys in place of those that are there, which it wipes. */
  replaceKeys(keys: IkeKeys): void;
  /** An IV that its key has not had. */
  nextIv(): Uint8Array;
  /** Wipes the keys. */
  wipe(): void;
}

/** What a new IKE SA is made of. */
export type NewIkeSa =
  & Pick<IkeSa, "id" | "isInitiator" | "spiI" | "spiR" | "own" | "theirs" | "begunAt">
  & Pick<IkeSa, "state" | "suite" | "init" | "peer" | "path" | "pair" | "start">
  & {
    readonly tools: IkeTools;
    /** Keys that a rekey has made. Without them they come from `init`. */
    readonly keys?: IkeKeys;
  };

/** Makes an IKE SA without keys. */
export function createIkeSa({ tools, keys: given, ...parts }: NewIkeSa): IkeSa {
  let keyed: Keyed | undefined;
  let iv = 0n;

  function deriveKeys(): boolean {
    if (keyed !== undefined) return true;
    const { init, spiI, spiR, pair } = sa;
    const secret = init === null ? undefined : pair.agree(init.peerValue);
    if (secret === undefined || init === null) return false;
    const seed = { nonceI: init.nonceI, nonceR: init.nonceR, spiI, spiR };
    const lens = { prf: PRFS[sa.suite.prf], encryptionLen: keyLenOf(sa.suite) };
    keyed = keyedBy(firstIkeKeys(secret, seed, lens));
    secret.fill(0);
    return true;
  }

  function keyedBy(keys: IkeKeys): Keyed {
    const [ours, peers] = sa.isInitiator ? [keys.ei, keys.er] : [keys.er, keys.ei];
    return { keys, seal: tools.aead(sa.suite, ours), open: tools.aead(sa.suite, peers) };
  }

  function keyedNow(): Keyed {
    if (keyed === undefined) throw new Error("Cannot use an IKE SA: it has no keys");
    return keyed;
  }

  function replaceKeys(keys: IkeKeys): void {
    wipe();
    keyed = keyedBy(keys);
  }

  function nextIv(): Uint8Array {
    const octets = new Uint8Array(8);
    new DataView(octets.buffer).setBigUint64(0, iv++);
    return octets;
  }

  function wipe(): void {
    if (keyed !== undefined) wipeIkeKeys(keyed.keys);
    keyed = undefined;
  }

  const sa: IkeSa = {
    ...parts,
    ...fresh(parts),
    keyed: keyedNow,
    deriveKeys,
    replaceKeys,
    nextIv,
    wipe,
  };
  if (given !== undefined) keyed = keyedBy(given);
  return sa;
}

/** What every IKE SA begins with. */
function fresh({ begunAt }: Pick<IkeSa, "begunAt">): Omit<IkeSa, keyof NewIkeSa | Methods> {
  return {
    children: new Map(),
    identity: "",
    offer: null,
    isCurrent: true,
    predecessor: null,
    rekeyAt: Infinity,
    heardAt: begunAt,
    askedAt: begunAt,
    doubtedAt: Infinity,
    wrongCount: 0,
    digest: null,
    resumption: null,
    ids: null,
    peerHashes: null,
    proven: BY_SECRET,
    ticket: null,
    isTicketDue: false,
    isMobile: false,
    isUpdateDue: false,
    hasPpk: false,
    mixed: null,
    hasIntermediate: false,
    hasFragments: false,
    collected: null,
    pendingKe: null,
    intAuth: null,
    chain: null,
    lostCount: 0,
    leases: [],
  };
}

type Methods = "keyed" | "deriveKeys" | "replaceKeys" | "nextIv" | "wipe";
