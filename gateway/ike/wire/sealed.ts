// SK: what it takes to seal and to open a message (RFC 7296 §3.14, RFC 5282, RFC 7634 §2).
//
//   AAD: header 28 | payloads outside | next payload 1, 0 1, length 2 [| fragment 2, total 2]
//   IV 8 | payloads, padding, pad length 1: encrypted | ICV 16

import { GENERIC_HEADER_LEN, PAYLOAD } from "./constants.ts";
import { emitChain, firstTypeOf } from "./chain.ts";
import { faultOf, type Parsed } from "./fault.ts";
import { emitHeader, FIRST_TYPE_AT, type Header, LENGTH_AT } from "./header.ts";
import { type Message, type Opened, removePadding, type Sealed } from "./message.ts";
import type { Payload } from "./payloads/payload.ts";
import type { Writer } from "./writer.ts";

/**
 * An AEAD with the key and the salt of one direction. Both calls work in place, on octets that
 * stand one behind the other in one message: the AAD, then the body, which is IV, text and ICV.
 */
export interface Aead {
  readonly ivLen: number;
  readonly icvLen: number;
  /** Encrypts the text and writes the ICV; the IV is there already. */
  seal(aad: Uint8Array, body: Uint8Array): void;
  /** Decrypts the text. False if the ICV is wrong; what then stands in the body is of no use. */
  open(aad: Uint8Array, body: Uint8Array): boolean;
}

/** A message to send inside SK. */
export interface SealedMessage {
  readonly header: Header;
  readonly payloads: readonly Payload[];
  /** A number that its key has never met, `ivLen` octets (rule IW20). */
  readonly iv: Uint8Array;
}

/** A message with everything in its place, before it is encrypted. Views of one buffer. */
export interface LaidMessage {
  readonly message: Uint8Array;
  readonly aad: Uint8Array;
  readonly body: Uint8Array;
  /** The payloads inside, without padding. Sealing overwrites them. */
  readonly plain: Uint8Array;
}

/**
 * Lays a message out at the front of a writer's buffer (rule IW24). Lengths are right before the
 * AAD is taken, and nothing is added by sealing. There is no padding.
 */
export function layMessage(writer: Writer, sealed: SealedMessage, aead: Aead): LaidMessage {
  const { header, payloads, iv } = sealed;
  if (iv.length !== aead.ivLen) throw new RangeError(`Cannot seal: an IV of ${iv.length} octets`);
  emitHeader(writer, header);
  writer.patchU8(FIRST_TYPE_AT, PAYLOAD.SK);
  const skAt = writer.len();
  writer.u8(firstTypeOf(payloads));
  writer.u8(0);
  writer.u16(0);
  const aadLen = writer.len();
  writer.octets(iv);
  const plainAt = writer.len();
  emitChain(writer, payloads);
  const plainEnd = writer.len();
  writer.u8(0);
  writer.skip(aead.icvLen);
  writer.patchU16(skAt + 2, writer.len() - skAt);
  writer.patchU32(LENGTH_AT, writer.len());
  const message = writer.written();
  return {
    message,
    aad: message.subarray(0, aadLen),
    body: message.subarray(aadLen),
    plain: message.subarray(plainAt, plainEnd),
  };
}

/**
 * Lays a message out and seals it.
 *
 * @returns A view of the writer's buffer; copy what outlives the next message
 */
export function sealMessage(writer: Writer, sealed: SealedMessage, aead: Aead): Uint8Array {
  const { message, aad, body } = layMessage(writer, sealed, aead);
  aead.seal(aad, body);
  return message;
}

/**
 * Opens SK or a fragment in place, and removes its padding (rules IW22, IW70).
 *
 * A fault `icv` or `sealed_short` means that nothing is authentic; `padding` is one of an authentic
 * message. Whoever compares repeats of a message does so before (rule IW22).
 *
 * @returns A view of the message: payloads, or a part of them if it is a fragment
 */
export function openSealed({ aad, body }: Sealed, aead: Aead): Parsed<Uint8Array> {
  const { ivLen, icvLen } = aead;
  if (body.length < ivLen + PAD_LEN_LEN + icvLen) return faultOf("sealed_short");
  if (!aead.open(aad, body)) return faultOf("icv");
  return removePadding(body.subarray(ivLen, body.length - icvLen));
}

/**
 * Opens a message that is whole, in place.
 *
 * @param sealed The message's own
 */
export function openMessage(
  { payloads }: Message,
  { sealed, aead }: { readonly sealed: Sealed; readonly aead: Aead },
): Parsed<Opened> {
  const plain = openSealed(sealed, aead);
  if ("fault" in plain) return plain;
  const { firstType, aad } = sealed;
  const opened = { firstType, plain: plain.value, outside: payloads, aad, isFragmented: false };
  return { value: opened };
}

/** The octets of a message of IKE_INTERMEDIATE that AUTH covers: A, then P. */
export interface Covered {
  readonly a: Uint8Array;
  readonly p: Uint8Array;
}

/** What {@link coverMessage} takes: a {@link LaidMessage}, or an {@link Opened}. */
export type Coverable = Pick<Opened, "plain" | "aad"> & Partial<Opened>;

/**
 * Makes the octets that RFC 9242 §3.3.2 has for one message. Lengths are those that it would have
 * without IV, padding and ICV; a message that came in fragments is covered as if it had come whole.
 *
 * @returns A copy of the AAD, and `plain` itself
 */
export function coverMessage(
  { aad, plain, outside = [], isFragmented = false }: Coverable,
): Covered {
  const a = isFragmented ? aad.slice(0, aad.length - FRAGMENT_LEN) : aad.slice();
  const last = outside.at(-1);
  const typeAt = last ? last.body.byteOffset - aad.byteOffset - GENERIC_HEADER_LEN : FIRST_TYPE_AT;
  a[typeAt] = PAYLOAD.SK;
  const view = new DataView(a.buffer);
  view.setUint32(LENGTH_AT, a.length + plain.length);
  view.setUint16(a.length - 2, GENERIC_HEADER_LEN + plain.length);
  return { a, p: plain };
}

/** Octets of the pad length. */
const PAD_LEN_LEN = 1;

/** Octets of number and total behind the generic header of SKF (RFC 7383 §2.5). */
const FRAGMENT_LEN = 4;
