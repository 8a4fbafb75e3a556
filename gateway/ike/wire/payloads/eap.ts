// EAP: one packet of RFC 3748 §4 (RFC 7296 §3.16).
//
//   code 1 | identifier 1 | length 2 | type 1, data (requests and responses only)

import { EAP_CODE } from "../constants.ts";
import type { Parsed } from "../fault.ts";
import { LIMIT } from "../limits.ts";
import { createReader } from "../reader.ts";
import type { Writer } from "../writer.ts";

export interface EapPayload {
  readonly kind: "eap";
  /** A view of the message. What is wrong in it fails EAP, not the message (rule IW71). */
  readonly packet: Uint8Array;
}

export function parseEap(body: Uint8Array): Parsed<EapPayload> {
  return { value: { kind: "eap", packet: body } };
}

export function emitEap(writer: Writer, { packet }: EapPayload): void {
  writer.octets(packet);
}

export interface EapPacket {
  readonly code: (typeof EAP_CODE)[keyof typeof EAP_CODE];
  readonly identifier: number;
  /** Null in Success and Failure, which are four octets long. */
  readonly type: number | null;
  /** What follows the type: a view of the packet. */
  readonly data: Uint8Array;
}

/** Reads a packet; undefined if it is none or has octets too many (rule IW71). */
export function parseEapPacket(packet: Uint8Array): EapPacket | undefined {
  const reader = createReader(packet);
  const [code, identifier, length] = [reader.u8(), reader.u8(), reader.u16()];
  const isWhole = length === packet.length && length <= LIMIT.EAP_LEN;
  if (!isWhole || !isCode(code) || hasType(code) !== reader.left() > 0) return undefined;
  const type = hasType(code) ? reader.u8() : null;
  return { code, identifier, type, data: reader.rest() };
}

/** Makes the octets of a packet. */
export function makeEapPacket({ code, identifier, type, data }: EapPacket): Uint8Array {
  const head = type === null ? [] : [type];
  const length = HEADER_LEN + head.length + data.length;
  const packet = new Uint8Array(length);
  packet.set([code, identifier, length >>> 8, length & 0xff, ...head]);
  packet.set(data, HEADER_LEN + head.length);
  return packet;
}

function isCode(code: number): code is EapPacket["code"] {
  return code >= EAP_CODE.REQUEST && code <= EAP_CODE.FAILURE;
}

function hasType(code: EapPacket["code"]): boolean {
  return code === EAP_CODE.REQUEST || code === EAP_CODE.RESPONSE;
}

const HEADER_LEN = 4;
