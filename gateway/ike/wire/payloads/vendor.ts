// V: any octets (RFC 7296 §3.12). Nothing follows from them.

import type { Parsed } from "../fault.ts";
import type { Writer } from "../writer.ts";

export interface VendorPayload {
  readonly kind: "vendor";
  /** A view of the message. */
  readonly data: Uint8Array;
}

export function parseVendor(body: Uint8Array): Parsed<VendorPayload> {
  return { value: { kind: "vendor", data: body } };
}

export function emitVendor(writer: Writer, { data }: VendorPayload): void {
  writer.octets(data);
}
