// KE: method 2 | 0 2 | data (RFC 7296 §3.4).

import { KE } from "../constants.ts";
import { faultOf, type Parsed } from "../fault.ts";
import { createReader } from "../reader.ts";
import type { Writer } from "../writer.ts";

export interface KePayload {
  readonly kind: "ke";
  readonly method: number;
  /** A view of the message. */
  readonly data: Uint8Array;
}

export function parseKe(body: Uint8Array): Parsed<KePayload> {
  const reader = createReader(body);
  const method = reader.u16();
  reader.u16();
  const data = reader.rest();
  return reader.isShort() ? faultOf("body_short") : { value: { kind: "ke", method, data } };
}

export function emitKe(writer: Writer, { method, data }: KePayload): void {
  writer.u16(method);
  writer.u16(0);
  writer.octets(data);
}

/** Which way a KE payload goes: the two differ for a KEM. */
export type KeSide = "request" | "response";

/** Octets of data that a method has; undefined if the method is unknown (rule IW58). */
export function keDataLen(method: number, side: KeSide): number | undefined {
  return DATA_LENS.get(method)?.[side];
}

function both(len: number): Readonly<Record<KeSide, number>> {
  return { request: len, response: len };
}

/**
 * RFC 3526 (the prime's length), RFC 5903 §7 (x and y), RFC 8031 §2, FIPS 203 §8 (encapsulation
 * key, then ciphertext).
 */
const DATA_LENS: ReadonlyMap<number, Readonly<Record<KeSide, number>>> = new Map([
  [KE.MODP_2048, both(256)],
  [KE.MODP_3072, both(384)],
  [KE.MODP_4096, both(512)],
  [KE.ECP_256, both(64)],
  [KE.ECP_384, both(96)],
  [KE.ECP_521, both(132)],
  [KE.X25519, both(32)],
  [KE.ML_KEM_512, { request: 800, response: 768 }],
  [KE.ML_KEM_768, { request: 1184, response: 1088 }],
  [KE.ML_KEM_1024, { request: 1568, response: 1568 }],
]);
