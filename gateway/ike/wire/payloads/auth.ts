// AUTH: method 1 | 0 3 | data (RFC 7296 §3.8).

import { faultOf, type Parsed } from "../fault.ts";
import { createReader } from "../reader.ts";
import type { Writer } from "../writer.ts";

export interface AuthPayload {
  readonly kind: "auth";
  readonly method: number;
  /** A view of the message. */
  readonly data: Uint8Array;
}

export function parseAuth(body: Uint8Array): Parsed<AuthPayload> {
  const reader = createReader(body);
  const method = reader.u8();
  reader.take(RESERVED_LEN);
  const data = reader.rest();
  return reader.isShort() ? faultOf("body_short") : { value: { kind: "auth", method, data } };
}

export function emitAuth(writer: Writer, { method, data }: AuthPayload): void {
  writer.u8(method);
  writer.octets(RESERVED);
  writer.octets(data);
}

/** The data of method 14 (RFC 7427 §3). */
export interface DigitalSignature {
  /** A DER AlgorithmIdentifier; not looked into here. */
  readonly algorithm: Uint8Array;
  readonly signature: Uint8Array;
}

/** Splits the data of method 14; undefined if it has no algorithm or no signature (rule IW63). */
export function parseSignature(data: Uint8Array): DigitalSignature | undefined {
  const reader = createReader(data);
  const algorithm = reader.take(reader.u8());
  const signature = reader.rest();
  const isWhole = algorithm.length > 0 && signature.length > 0;
  return isWhole ? { algorithm, signature } : undefined;
}

/** Makes the data of method 14. */
export function makeSignature({ algorithm, signature }: DigitalSignature): Uint8Array {
  const data = new Uint8Array(1 + algorithm.length + signature.length);
  data[0] = algorithm.length;
  data.set(algorithm, 1);
  data.set(signature, 1 + algorithm.length);
  return data;
}

const RESERVED_LEN = 3;
const RESERVED = new Uint8Array(RESERVED_LEN);
