// The packets that every subject gets: the same packets under the same keys, in the form that ESP
// gives them (RFC 4106, RFC 7634).

import { createHash } from "node:crypto";
import { gcm } from "@noble/ciphers/aes.js";
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { BATCH_MAX, RING_LEN } from "../../ts-bindings/layout.ts";

export type Aead = "aes-128-gcm" | "aes-256-gcm" | "chacha20-poly1305";
export type Operation = "seal" | "open";

export const AEADS: readonly Aead[] = ["aes-128-gcm", "aes-256-gcm", "chacha20-poly1305"];
export const OPERATIONS: readonly Operation[] = ["seal", "open"];
export const SIZES: readonly number[] = [64, 256, 576, 1400, 9000, 65_000];

/** Two sizes that stand for short and for full packets, where not all sizes are measured. */
export const ENDS: readonly number[] = [64, 1400];

/** AEADs that are also measured with one packet at a time. */
export const AEADS_ALONE: readonly Aead[] = ["aes-128-gcm", "chacha20-poly1305"];

/** One packet, in all its parts. */
export interface Packet {
  /** Salt, then IV. */
  readonly nonce: Uint8Array<ArrayBuffer>;
  /** SPI and sequence number. */
  readonly aad: Uint8Array<ArrayBuffer>;
  /** Inner packet, then pad length 0 and next header 4. */
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly sealed: Uint8Array<ArrayBuffer>;
  readonly tag: Uint8Array<ArrayBuffer>;
}

/** A batch of packets of one length under one key. */
export interface Workload {
  readonly aead: Aead;
  readonly octets: number;
  readonly key: Uint8Array<ArrayBuffer>;
  readonly salt: Uint8Array<ArrayBuffer>;
  /** As many as one read could deliver. */
  readonly packets: readonly Packet[];
  /** A packet with `SPI_HELLO`, for subjects that must hear from the peer first. */
  readonly hello: Packet;
}

export const SPI = 0x4b_65_72_6e;
export const SPI_HELLO = SPI + 1;

/** Inner addresses: from `LOCAL` to `REMOTE`. */
export const LOCAL: readonly number[] = [10, 93, 29, 1];
export const REMOTE: readonly number[] = [10, 93, 30, 7];

export const TAG_LEN = 16;

/**
 * Makes packets of `octets` octets each. `octets` must be a multiple of four, so that ESP needs no
 * padding.
 */
export function workloadOf(aead: Aead, octets: number): Workload {
  const seed = createHash("sha512").update(`${aead} ${octets}`).digest();
  const key = new Uint8Array(seed.subarray(0, aead === "aes-128-gcm" ? 16 : 32));
  const salt = new Uint8Array(seed.subarray(32, 36));
  const count = Math.min(BATCH_MAX, Math.floor(RING_LEN / (octets + ESP_OVERHEAD)));
  const keys = { aead, key, salt };
  const packets = Array.from(
    { length: count },
    (_, n) => _packet(keys, { spi: SPI, sequence: FIRST + n, octets }),
  );
  const hello = _packet(keys, { spi: SPI_HELLO, sequence: 1, octets: 64 });
  return { ...keys, octets, packets, hello };
}

/** A batch of one: the first packet of a workload. */
export function aloneOf(workload: Workload): Workload {
  return { ...workload, packets: workload.packets.slice(0, 1) };
}

/** The frame of a packet, from its Length field on. */
export function frameOf({ aad, nonce, sealed, tag }: Packet): Uint8Array<ArrayBuffer> {
  const len = 2 + aad.length + IV_LEN + sealed.length + tag.length;
  const frame = new Uint8Array(len);
  frame.set([len >> 8, len & 0xff]);
  frame.set(aad, 2);
  frame.set(nonce.subarray(4), 2 + aad.length);
  frame.set(sealed, 2 + aad.length + IV_LEN);
  frame.set(tag, len - tag.length);
  return frame;
}

/** Joins the frames of packets. */
export function framesOf(packets: readonly Packet[]): Uint8Array<ArrayBuffer> {
  const frames = packets.map(frameOf);
  const joined = new Uint8Array(frames.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const frame of frames) {
    joined.set(frame, at);
    at += frame.length;
  }
  return joined;
}

/** Seals a packet with noble. */
export function sealPacket(
  { aead, key }: Pick<Workload, "aead" | "key">,
  { nonce, aad, plain }: Pick<Packet, "nonce" | "aad" | "plain">,
): Packet {
  const cipher = aead === "chacha20-poly1305" ? chacha20poly1305 : gcm;
  const out = cipher(key, nonce, aad).encrypt(plain);
  const { length } = plain;
  return { nonce, aad, plain, sealed: out.slice(0, length), tag: out.slice(length) };
}

function _packet(
  { aead, key, salt }: Pick<Workload, "aead" | "key" | "salt">,
  { spi, sequence, octets }: { spi: number; sequence: number; octets: number },
): Packet {
  const nonce = new Uint8Array(12);
  const aad = new Uint8Array(8);
  nonce.set(salt);
  new DataView(nonce.buffer).setUint32(8, sequence);
  new DataView(aad.buffer).setUint32(0, spi);
  new DataView(aad.buffer).setUint32(4, sequence);
  return sealPacket({ aead, key }, { nonce, aad, plain: _plain(sequence, octets) });
}

/** An IPv4 packet and its ESP trailer. */
function _plain(sequence: number, octets: number): Uint8Array<ArrayBuffer> {
  const plain = new Uint8Array(octets).map((_, at) => at * 31 + sequence * 7);
  const total = octets - ESP_TRAILER_LEN;
  plain.set([0x45, 0, total >> 8, total & 0xff, 0, 0, 0, 0, 64, 17, 0, 0, ...LOCAL, ...REMOTE]);
  plain.set([0, NEXT_HEADER_IPV4], total);
  return plain;
}

/** Pad length and next header. */
export const ESP_TRAILER_LEN = 2;

const IV_LEN = 8;
/** Sequence number of the batch's first packet; `rustcrypto/src/lib.rs` has the same number. */
export const FIRST = 2;

const NEXT_HEADER_IPV4 = 4;

/** Length field, SPI, sequence number, IV, ICV. */
const ESP_OVERHEAD = 34;
