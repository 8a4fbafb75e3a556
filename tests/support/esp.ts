// ESP in tunnel mode (RFC 4303 §2, RFC 4106, RFC 7634) for the tests' own originator. Every field
// can be given a wrong value.
//
//     SPI 4 | Seq low 4 | IV 8 | inner, TFC padding, padding, pad length 1, next header 1 | ICV 16

import { Buffer } from "node:buffer";
import { type AeadInput, type AeadName, ICV_LEN, openAead, sealAead } from "./aead.ts";

const ESP_HEADER_LEN = 8;
const IV_LEN = 8;
const SALT_LEN = 4;
const NEXT_HEADER_IPV4 = 4;
const NEXT_HEADER_IPV6 = 41;
export const NEXT_HEADER_NONE = 59;

/**
 * One direction of a peer's traffic, as the originator sees it. `seq` is the last number used (or
 * seen).
 */
export interface TestSa {
  readonly spi: number;
  readonly aead: AeadName;
  readonly keyMaterial: Buffer;
  readonly esn: boolean;
  seq: bigint;
}

export interface SealOptions {
  /** Default: the SA's next number, which it then remembers. */
  readonly seq?: bigint;
  readonly nextHeader?: number;
  /** Octets between the inner packet and the padding (RFC 4303 §2.7). */
  readonly tfcLen?: number;
  /** Padding octets as they go in; default 1, 2, 3 up to the next multiple of four. */
  readonly padding?: Uint8Array;
  /** Value of the pad length field; default the length of the padding. */
  readonly padLen?: number;
  /** Default: the full sequence number. */
  readonly iv?: Uint8Array;
}

/** Seals one packet: SPI to ICV. */
export function sealEsp(sa: TestSa, inner: Uint8Array, options: SealOptions = {}): Buffer {
  const seq = options.seq ?? ++sa.seq;
  const header = Buffer.alloc(ESP_HEADER_LEN);
  header.writeUInt32BE(sa.spi, 0);
  header.writeUInt32BE(Number(seq & 0xffff_ffffn), 4);
  const iv = options.iv ?? u64(seq);
  const tfc = Buffer.alloc(options.tfcLen ?? 0);
  const padding = options.padding ?? defaultPadding(inner.length + tfc.length);
  const nextHeader = options.nextHeader ?? nextHeaderOf(inner);
  const trailer = Buffer.of((options.padLen ?? padding.length) & 0xff, nextHeader);
  const plaintext = Buffer.concat([inner, tfc, padding, trailer]);
  return Buffer.concat([header, iv, sealAead(aeadInput(sa, seq, iv), plaintext)]);
}

export interface OpenedEsp {
  readonly seq: bigint;
  readonly iv: Buffer;
  /** Inner packet and any TFC padding. */
  readonly inner: Buffer;
  readonly padding: Buffer;
  readonly nextHeader: number;
}

/**
 * Opens one packet; undefined if it is not this SA's or its ICV is wrong. With ESN the high half of
 * its number is inferred from `sa.seq`.
 */
export function openEsp(sa: TestSa, packet: Buffer): OpenedEsp | undefined {
  if (packet.length < ESP_HEADER_LEN + IV_LEN + 2 + ICV_LEN) return undefined;
  if (packet.readUInt32BE(0) !== sa.spi) return undefined;
  const seq = fullSeq(sa, packet.readUInt32BE(4));
  const iv = packet.subarray(ESP_HEADER_LEN, ESP_HEADER_LEN + IV_LEN);
  const plaintext = openAead(aeadInput(sa, seq, iv), packet.subarray(ESP_HEADER_LEN + IV_LEN));
  if (plaintext === undefined) return undefined;
  if (seq > sa.seq) sa.seq = seq;
  const padLen = plaintext.readUInt8(plaintext.length - 2);
  const innerLen = plaintext.length - 2 - padLen;
  return {
    seq,
    iv,
    inner: plaintext.subarray(0, innerLen),
    padding: plaintext.subarray(innerLen, innerLen + padLen),
    nextHeader: plaintext.readUInt8(plaintext.length - 1),
  };
}

/** An ESP packet of this SA's SPI with an ICV that cannot be right. */
export function forgeEsp(sa: Pick<TestSa, "spi">, seqLow: number, payloadLen = 48): Buffer {
  const packet = Buffer.alloc(ESP_HEADER_LEN + IV_LEN + payloadLen + ICV_LEN, 0xa5);
  packet.writeUInt32BE(sa.spi, 0);
  packet.writeUInt32BE(seqLow, 4);
  return packet;
}

/** Octets 1, 2, 3 that bring inner packet and trailer to a multiple of four (RFC 4303 §2.4). */
function defaultPadding(innerLen: number): Buffer {
  return countingPadding((4 - (innerLen + 2) % 4) % 4);
}

/** Padding 1, 2, 3, ... of any length up to 255. */
export function countingPadding(len: number): Buffer {
  return Buffer.from(Array.from({ length: len }, (_, i) => i + 1));
}

function aeadInput(sa: TestSa, seq: bigint, iv: Uint8Array): AeadInput {
  const key = sa.keyMaterial.subarray(0, sa.keyMaterial.length - SALT_LEN);
  const salt = sa.keyMaterial.subarray(sa.keyMaterial.length - SALT_LEN);
  return { aead: sa.aead, key, nonce: Buffer.concat([salt, iv]), aad: aadOf(sa, seq) };
}

/**
 * RFC 4106 §5: SPI and number; with ESN the high half stands in the middle, though it is never
 * sent.
 */
function aadOf(sa: TestSa, seq: bigint): Buffer {
  const number = u64(seq);
  const spi = Buffer.alloc(4);
  spi.writeUInt32BE(sa.spi);
  return Buffer.concat([spi, sa.esn ? number : number.subarray(4)]);
}

function nextHeaderOf(inner: Uint8Array): number {
  return ((inner[0] ?? 0) >> 4) === 6 ? NEXT_HEADER_IPV6 : NEXT_HEADER_IPV4;
}

/**
 * The first number with this low half that is at most half a space below the last one seen: enough
 * for a stream that keeps order.
 */
function fullSeq(sa: TestSa, seqLow: number): bigint {
  if (!sa.esn) return BigInt(seqLow);
  const high = sa.seq & ~0xffff_ffffn;
  const full = high | BigInt(seqLow);
  return full + 0x8000_0000n < sa.seq ? full + 0x1_0000_0000n : full;
}

function u64(value: bigint): Buffer {
  const octets = Buffer.alloc(8);
  octets.writeBigUInt64BE(value);
  return octets;
}
