// IDi and IDr: type 1 | 0 3 | data (RFC 7296 §3.5).

import { ID } from "../constants.ts";
import { faultOf, type Parsed } from "../fault.ts";
import { LIMIT } from "../limits.ts";
import { createReader } from "../reader.ts";
import type { Writer } from "../writer.ts";

export interface IdPayload<Kind extends "idi" | "idr" = "idi" | "idr"> {
  readonly kind: Kind;
  readonly type: number;
  /** A view of the message. */
  readonly data: Uint8Array;
  /**
   * The body from the type on: what AUTH covers (RFC 7296 §2.15), reserved octets as they came. A
   * view of the message.
   */
  readonly body: Uint8Array;
}

export function parseId<Kind extends "idi" | "idr">(
  kind: Kind,
  body: Uint8Array,
): Parsed<IdPayload<Kind>> {
  const reader = createReader(body);
  const type = reader.u8();
  reader.take(RESERVED_LEN);
  const data = reader.rest();
  return reader.isShort() ? faultOf("body_short") : { value: { kind, type, data, body } };
}

export function emitId(writer: Writer, { body }: IdPayload): void {
  writer.octets(body);
}

/** Makes an identity to send. */
export function makeId<Kind extends "idi" | "idr">(
  kind: Kind,
  { type, data }: Pick<IdPayload, "type" | "data">,
): IdPayload<Kind> {
  const body = new Uint8Array(1 + RESERVED_LEN + data.length);
  body[0] = type;
  body.set(data, 1 + RESERVED_LEN);
  return { kind, type, data: body.subarray(1 + RESERVED_LEN), body };
}

/** Whether an identity has a known type, and data as its type has it (rule IW61). */
export function isGoodId({ type, data }: Pick<IdPayload, "type" | "data">): boolean {
  const { length } = data;
  const [lenMin, lenMax] = LENS.get(type) ?? [1, 0];
  const isText = type === ID.FQDN || type === ID.RFC822_ADDR;
  return length >= lenMin && length <= lenMax && !(isText && data.includes(0));
}

const RESERVED_LEN = 3;

const ANY: readonly [number, number] = [1, LIMIT.ID_LEN];

/** The least and the most octets of each type. */
const LENS: ReadonlyMap<number, readonly [number, number]> = new Map([
  [ID.IPV4_ADDR, [4, 4]],
  [ID.FQDN, ANY],
  [ID.RFC822_ADDR, ANY],
  [ID.IPV6_ADDR, [16, 16]],
  [ID.DER_ASN1_DN, ANY],
  [ID.DER_ASN1_GN, ANY],
  [ID.KEY_ID, ANY],
  [ID.NULL, [0, 0]],
]);
