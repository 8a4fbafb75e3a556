// Peers with random keys: a pair of SAs, an inner address of their own, and the API bodies that
// install them.

import type { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { type AeadName, AEADS } from "../../ts-bindings/aead.ts";
import { type Api, spiText } from "./api.ts";
import type { TestSa } from "./esp.ts";
import type { Ends } from "./inner_packet.ts";
import { rememberSecret } from "./secrets.ts";

export const ECHO_ADDRESS = "10.93.29.1";
const ECHO_ADDRESS_V6 = "fd93:29::1";

/** A body of `POST /v1/sas`. */
export type SaBody = Readonly<Record<string, unknown>> & { readonly spi: string };

export interface PeerOptions {
  readonly aead?: AeadName;
  /** Octets of the key without the salt: 16, 24 or 32. */
  readonly keyLen?: number;
  readonly esn?: boolean;
  readonly isV6?: boolean;
  /** Further members for both bodies, and for one of them. */
  readonly both?: Readonly<Record<string, unknown>>;
  readonly inbound?: Readonly<Record<string, unknown>>;
  readonly outbound?: Readonly<Record<string, unknown>>;
}

/** A peer: `inbound` and `outbound` as the gateway calls them. */
export interface Peer {
  readonly name: string;
  /** From the peer to the echo host. */
  readonly ends: Ends;
  readonly inbound: TestSa;
  readonly outbound: TestSa;
  readonly inboundBody: SaBody;
  readonly outboundBody: SaBody;
}

let made = 0;

/** Makes a peer; installs nothing. */
export function makePeer(options: PeerOptions = {}): Peer {
  made++;
  const name = `peer-${made}`;
  const ends = endsOf(made, options.isV6 === true);
  const inbound = makeSa(options);
  const outbound = makeSa(options);
  const common = { peer: name, ...selectorsOf(ends), ...options.both };
  return {
    name,
    ends,
    inbound,
    outbound,
    inboundBody: bodyOf(inbound, { direction: "inbound", ...common, ...options.inbound }),
    outboundBody: bodyOf(outbound, { direction: "outbound", ...common, ...options.outbound }),
  };
}

/** Makes a peer and installs both its SAs. */
export async function addPeer(api: Api, options: PeerOptions = {}): Promise<Peer> {
  const peer = makePeer(options);
  await api.installSa(peer.inboundBody);
  await api.installSa(peer.outboundBody);
  return peer;
}

/** New SAs for the same peer, as a rekey brings them. */
export function rekeyed(peer: Peer, options: PeerOptions = {}): Peer {
  const next = makePeer(options);
  const common = { peer: peer.name, ...selectorsOf(peer.ends) };
  return {
    ...next,
    name: peer.name,
    ends: peer.ends,
    inboundBody: { ...next.inboundBody, ...common },
    outboundBody: { ...next.outboundBody, ...common },
  };
}

/** Random keying material that no output may show. */
export function randomKey(len: number): Buffer {
  const key = randomBytes(len);
  rememberSecret(key);
  return key;
}

let nextSpi = 0xc0de_0000 + (randomBytes(1)[0] ?? 0) * 0x1_0000;

/** An SPI that no other test of this process has. */
export function freshSpi(): number {
  return ++nextSpi;
}

function makeSa({ aead = "aes-gcm-16", keyLen = 16, esn = false }: PeerOptions): TestSa {
  const { keyLens, saltLen } = AEADS[aead];
  const taken = keyLens.find((len) => len === keyLen) ?? keyLens[0];
  const keyMaterial = randomKey(taken + saltLen);
  return { spi: freshSpi(), aead, keyMaterial, esn, seq: 0n };
}

function bodyOf(sa: TestSa, rest: Readonly<Record<string, unknown>>): SaBody {
  return {
    spi: spiText(sa.spi),
    aead: sa.aead,
    keyMaterial: sa.keyMaterial.toString("hex"),
    esn: sa.esn,
    ...rest,
  };
}

function endsOf(n: number, isV6: boolean): Ends {
  if (isV6) return { source: `fd93:30::${n.toString(16)}`, destination: ECHO_ADDRESS_V6 };
  return { source: `10.93.${64 + (n >> 8)}.${n & 255}`, destination: ECHO_ADDRESS };
}

function selectorsOf({ source }: Ends): { local: string[]; remote: string[] } {
  if (source.includes(":")) return { local: ["fd93:29::/64"], remote: [`${source}/128`] };
  return { local: ["10.93.29.0/24"], remote: [`${source}/32`] };
}
