// TSi and TSr: count 1 | 0 3 | selectors (RFC 7296 §3.13).
//
//   selector  type 1 | protocol 1 | length 2 | from port 2 | to port 2 | from address | to address

import { TS_TYPE } from "../constants.ts";
import { faultOf, type Parsed } from "../fault.ts";
import { LIMIT } from "../limits.ts";
import { createReader } from "../reader.ts";
import type { Writer } from "../writer.ts";

export interface TsPayload<Kind extends "tsi" | "tsr" = "tsi" | "tsr"> {
  readonly kind: Kind;
  /** Those that can be read. There may be none (rule IW65). */
  readonly selectors: readonly Selector[];
}

/** A range of addresses, ports and protocols. */
export interface Selector {
  readonly type: (typeof TS_TYPE)[keyof typeof TS_TYPE];
  /** A protocol of IP, 0 for any. */
  readonly protocol: number;
  /** 0 and 65535 for any port, 65535 and 0 for OPAQUE (RFC 7296 §3.13.1). */
  readonly fromPort: number;
  readonly toPort: number;
  /** 4 or 16 octets, both included in the range. Views of the message. */
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

/**
 * Reads selectors whose count and lengths add up (rule IW64). A selector of an unknown type, or one
 * that ends before it begins, is passed over (rule IW65), and so is what goes beyond rule IW5.
 */
export function parseTs<Kind extends "tsi" | "tsr">(
  kind: Kind,
  body: Uint8Array,
): Parsed<TsPayload<Kind>> {
  const reader = createReader(body);
  const count = reader.u8();
  reader.take(RESERVED_LEN);
  if (reader.isShort()) return faultOf("body_short");
  const selectors: Selector[] = [];
  for (let found = 0; found < count; found++) {
    const [type, protocol, len] = [reader.u8(), reader.u8(), reader.u16()];
    const fields = reader.take(len - SELECTOR_HEADER_LEN);
    const addressLen = ADDRESS_LENS.get(type);
    const isWrong = addressLen !== undefined && fields.length !== PORTS_LEN + 2 * addressLen;
    if (reader.isShort() || isWrong) return faultOf("ts_lengths");
    const selector = parseSelector({ type, protocol, fields });
    if (selector !== null && selectors.length < LIMIT.SELECTORS) selectors.push(selector);
  }
  return reader.left() > 0 ? faultOf("ts_lengths") : { value: { kind, selectors } };
}

export function emitTs(writer: Writer, { selectors }: TsPayload): void {
  writer.u8(selectors.length);
  writer.octets(RESERVED);
  for (const selector of selectors) emitSelector(writer, selector);
}

interface Fields {
  readonly type: number;
  readonly protocol: number;
  /** Ports and addresses. */
  readonly fields: Uint8Array;
}

/** Null if the selector is passed over. */
function parseSelector({ type, protocol, fields }: Fields): Selector | null {
  if (type !== TS_TYPE.IPV4_ADDR_RANGE && type !== TS_TYPE.IPV6_ADDR_RANGE) return null;
  const reader = createReader(fields);
  const [fromPort, toPort] = [reader.u16(), reader.u16()];
  const addressLen = reader.left() / 2;
  const [from, to] = [reader.take(addressLen), reader.rest()];
  const isOpaque = fromPort === PORT_MAX && toPort === 0;
  const isReversed = isAbove(from, to) || (fromPort > toPort && !isOpaque);
  return isReversed ? null : { type, protocol, fromPort, toPort, from, to };
}

function emitSelector(writer: Writer, selector: Selector): void {
  const { type, protocol, fromPort, toPort, from, to } = selector;
  writer.u8(type);
  writer.u8(protocol);
  writer.u16(SELECTOR_HEADER_LEN + PORTS_LEN + from.length + to.length);
  writer.u16(fromPort);
  writer.u16(toPort);
  writer.octets(from);
  writer.octets(to);
}

/** Whether one address is above another of its length. */
function isAbove(address: Uint8Array, other: Uint8Array): boolean {
  const at = address.findIndex((octet, index) => octet !== other[index]);
  return (address[at] ?? 0) > (other[at] ?? 0);
}

const RESERVED_LEN = 3;
const RESERVED = new Uint8Array(RESERVED_LEN);

/** Octets of a selector up to its length, and of its ports. */
const SELECTOR_HEADER_LEN = 4;
const PORTS_LEN = 4;

const PORT_MAX = 0xffff;

const ADDRESS_LENS: ReadonlyMap<number, number> = new Map([
  [TS_TYPE.IPV4_ADDR_RANGE, 4],
  [TS_TYPE.IPV6_ADDR_RANGE, 16],
]);
