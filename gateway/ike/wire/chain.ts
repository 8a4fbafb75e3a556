// The chain of payloads behind the header, or inside SK (RFC 7296 §3.2).
//
//   next payload 1 | critical 1 bit, 0 7 bits | length 2, these four octets included | body

import { GENERIC_HEADER_LEN, PAYLOAD } from "./constants.ts";
import { faultOf, type FaultReason, type Parsed } from "./fault.ts";
import { LIMIT } from "./limits.ts";
import {
  emitBody,
  isKnownType,
  type Payload,
  type RawPayload,
  typeOf,
} from "./payloads/payload.ts";
import { createReader, type Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** Payloads in the order in which they came; nobody may count on it (rule IW2). */
export interface Chain {
  readonly payloads: readonly RawPayload[];
  /** SK or SKF, which is the last one (rule IW3). */
  readonly sealed: SealedPayload | null;
}

/** SK or SKF as it came. */
export interface SealedPayload {
  readonly type: typeof PAYLOAD.SK | typeof PAYLOAD.SKF;
  /** Type of the first payload inside. */
  readonly firstType: number;
  /** A view of the message. */
  readonly body: Uint8Array;
}

/**
 * Splits a chain that fills its octets to the end (rule IW49).
 *
 * It looks into no body and judges no critical bit: that follows when the octets are known to be
 * authentic, or never will be.
 */
export function parseChain(firstType: number, octets: Uint8Array): Parsed<Chain> {
  const reader = createReader(octets);
  const payloads: RawPayload[] = [];
  let sealed: SealedPayload | null = null;
  let type = firstType;
  while (type !== PAYLOAD.NONE && sealed === null) {
    if (payloads.length === LIMIT.PAYLOADS) return faultOf("payloads_too_many");
    const { next, isCritical, body } = takePayload(reader);
    if (reader.isShort()) return faultOf("payload_length");
    if (type === PAYLOAD.SK || type === PAYLOAD.SKF) sealed = { type, firstType: next, body };
    else payloads.push({ type, isCritical, body });
    type = next;
  }
  return reader.left() > 0 ? faultOf("trailing_octets") : { value: { payloads, sealed } };
}

/**
 * Checks the payloads of a whole message, those before SK and those inside: how many there are
 * (rule IW5), and whether one has to be understood and is not (rules IW1, IW50).
 */
export function checkPayloads<T extends readonly RawPayload[]>(payloads: T): Parsed<T> {
  if (payloads.length > LIMIT.PAYLOADS) return faultOf("payloads_too_many");
  const tooMany = COUNTED.find(({ type, max }) => {
    return payloads.filter((payload) => payload.type === type).length > max;
  });
  if (tooMany) return faultOf(tooMany.reason);
  const critical = payloads.find(({ type, isCritical }) => isCritical && !isKnownType(type));
  return critical ? faultOf("critical_payload", critical.type) : { value: payloads };
}

/** Writes a chain. Its first type goes into what stands before it ({@link firstTypeOf}). */
export function emitChain(writer: Writer, payloads: readonly Payload[]): void {
  payloads.forEach((payload, index) => {
    const startAt = writer.len();
    const next = payloads[index + 1];
    writer.u8(next ? typeOf(next) : PAYLOAD.NONE);
    writer.u8(payload.kind === "unknown" && payload.isCritical ? CRITICAL : 0);
    writer.u16(0);
    emitBody(writer, payload);
    writer.patchU16(startAt + 2, writer.len() - startAt);
  });
}

/** Type of the first payload, 0 if there is none. */
export function firstTypeOf([first]: readonly Payload[]): number {
  return first ? typeOf(first) : PAYLOAD.NONE;
}

interface Taken {
  readonly next: number;
  readonly isCritical: boolean;
  readonly body: Uint8Array;
}

/** Takes one payload. A length below the four octets of its header does not fit either. */
function takePayload(reader: Reader): Taken {
  const next = reader.u8();
  const isCritical = (reader.u8() & CRITICAL) !== 0;
  return { next, isCritical, body: reader.take(reader.u16() - GENERIC_HEADER_LEN) };
}

const CRITICAL = 0x80;

interface Count {
  readonly type: number;
  readonly max: number;
  readonly reason: FaultReason;
}

const COUNTED: readonly Count[] = [
  { type: PAYLOAD.NOTIFY, max: LIMIT.NOTIFIES, reason: "notifies_too_many" },
  { type: PAYLOAD.VENDOR, max: LIMIT.VENDORS, reason: "vendors_too_many" },
  { type: PAYLOAD.CERT, max: LIMIT.CERTS, reason: "certs_too_many" },
];
