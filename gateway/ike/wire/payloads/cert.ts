// CERT: encoding 1 | data (RFC 7296 §3.6).

import { faultOf, type Parsed } from "../fault.ts";
import { LIMIT } from "../limits.ts";
import { createReader } from "../reader.ts";
import type { Writer } from "../writer.ts";

export interface CertPayload {
  readonly kind: "cert";
  /** An unknown one is passed over by who looks for a certificate (rule IW62). */
  readonly encoding: number;
  /** A view of the message. */
  readonly data: Uint8Array;
}

export function parseCert(body: Uint8Array): Parsed<CertPayload> {
  const reader = createReader(body);
  const encoding = reader.u8();
  const data = reader.rest();
  if (reader.isShort()) return faultOf("body_short");
  if (data.length > LIMIT.CERT_LEN) return faultOf("cert_long");
  return { value: { kind: "cert", encoding, data } };
}

export function emitCert(writer: Writer, { encoding, data }: CertPayload): void {
  writer.u8(encoding);
  writer.octets(data);
}
