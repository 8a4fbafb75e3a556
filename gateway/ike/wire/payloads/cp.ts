// CP: type 1 | 0 3 | attributes, each: R 1 bit, type 15 bits | length 2 | value (RFC 7296 §3.15).

import { CP_ATTRIBUTE } from "../constants.ts";
import { faultOf, type Parsed } from "../fault.ts";
import { LIMIT } from "../limits.ts";
import { createReader } from "../reader.ts";
import type { Writer } from "../writer.ts";

export interface CpPayload {
  readonly kind: "cp";
  readonly type: number;
  /** Those that are known and as long as their type has it. */
  readonly attributes: readonly CpAttribute[];
}

export interface CpAttribute {
  readonly type: number;
  /** A view of the message; empty to ask for the attribute. */
  readonly value: Uint8Array;
}

/**
 * Reads attributes that end where the payload does (rule IW66). One that is unknown or of a wrong
 * length is passed over (rule IW67).
 */
export function parseCp(body: Uint8Array): Parsed<CpPayload> {
  const reader = createReader(body);
  const cpType = reader.u8();
  reader.take(RESERVED_LEN);
  if (reader.isShort()) return faultOf("body_short");
  const attributes: CpAttribute[] = [];
  for (let found = 0; reader.left() > 0; found++) {
    if (found === LIMIT.CP_ATTRIBUTES) return faultOf("cp_attributes_too_many");
    const type = reader.u16() & TYPE_BITS;
    const value = reader.take(reader.u16());
    if (reader.isShort()) return faultOf("cp_lengths");
    if (isGoodLen(type, value.length)) attributes.push({ type, value });
  }
  return { value: { kind: "cp", type: cpType, attributes } };
}

export function emitCp(writer: Writer, { type, attributes }: CpPayload): void {
  writer.u8(type);
  writer.octets(RESERVED);
  for (const attribute of attributes) {
    writer.u16(attribute.type);
    writer.u16(attribute.value.length);
    writer.octets(attribute.value);
  }
}

/** Whether a value is empty, which asks, or as long as its type has it. */
function isGoodLen(type: number, len: number): boolean {
  if (len === 0) return LENS.has(type);
  const expected = LENS.get(type);
  if (expected === "any") return true;
  return expected === "pairs" ? len % 2 === 0 : len === expected;
}

const TYPE_BITS = 0x7fff;
const RESERVED_LEN = 3;
const RESERVED = new Uint8Array(RESERVED_LEN);

/** RFC 7296 §3.15.1: addresses, addresses with a netmask, addresses with a prefix length. */
const LENS: ReadonlyMap<number, number | "any" | "pairs"> = new Map<
  number,
  number | "any" | "pairs"
>([
  [CP_ATTRIBUTE.INTERNAL_IP4_ADDRESS, 4],
  [CP_ATTRIBUTE.INTERNAL_IP4_NETMASK, 4],
  [CP_ATTRIBUTE.INTERNAL_IP4_DNS, 4],
  [CP_ATTRIBUTE.INTERNAL_IP4_NBNS, 4],
  [CP_ATTRIBUTE.INTERNAL_IP4_DHCP, 4],
  [CP_ATTRIBUTE.APPLICATION_VERSION, "any"],
  [CP_ATTRIBUTE.INTERNAL_IP6_ADDRESS, 17],
  [CP_ATTRIBUTE.INTERNAL_IP6_DNS, 16],
  [CP_ATTRIBUTE.INTERNAL_IP6_DHCP, 16],
  [CP_ATTRIBUTE.INTERNAL_IP4_SUBNET, 8],
  [CP_ATTRIBUTE.SUPPORTED_ATTRIBUTES, "pairs"],
  [CP_ATTRIBUTE.INTERNAL_IP6_SUBNET, 17],
  [CP_ATTRIBUTE.INTERNAL_DNS_DOMAIN, "any"],
]);
