// Ni and Nr (RFC 7296 §3.9).

import { faultOf, type Parsed } from "../fault.ts";
import type { Writer } from "../writer.ts";

export interface NoncePayload {
  readonly kind: "nonce";
  /** 16 to 256 octets, a view of the message. */
  readonly data: Uint8Array;
}

/** Reads a nonce (rule IW59). */
export function parseNonce(body: Uint8Array): Parsed<NoncePayload> {
  if (body.length < LEN_MIN || body.length > LEN_MAX) return faultOf("nonce_length");
  return { value: { kind: "nonce", data: body } };
}

export function emitNonce(writer: Writer, { data }: NoncePayload): void {
  writer.octets(data);
}

const LEN_MIN = 16;
const LEN_MAX = 256;
