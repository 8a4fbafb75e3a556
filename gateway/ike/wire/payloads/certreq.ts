// CERTREQ: encoding 1 | authorities (RFC 7296 §3.7).

import { CERT } from "../constants.ts";
import { faultOf, type Parsed } from "../fault.ts";
import { LIMIT } from "../limits.ts";
import { createReader } from "../reader.ts";
import type { Writer } from "../writer.ts";

export interface CertreqPayload {
  readonly kind: "certreq";
  readonly encoding: number;
  /** A view of the message: SHA-1 hashes of SubjectPublicKeyInfo, one behind the other. */
  readonly authorities: Uint8Array;
}

export function parseCertreq(body: Uint8Array): Parsed<CertreqPayload> {
  const reader = createReader(body);
  const encoding = reader.u8();
  const authorities = reader.rest();
  if (reader.isShort()) return faultOf("body_short");
  return { value: { kind: "certreq", encoding, authorities } };
}

export function emitCertreq(writer: Writer, { encoding, authorities }: CertreqPayload): void {
  writer.u8(encoding);
  writer.octets(authorities);
}

/** Whose certificates a peer asks for. */
export interface Authorities {
  /** A payload named no authority: every certificate will do. */
  readonly isAny: boolean;
  /** Views of the message, 20 octets each. */
  readonly hashes: readonly Uint8Array[];
}

/**
 * What all CERTREQ of a message ask for. A payload of another encoding than X.509, or one that is
 * not whole hashes, is passed over; so is what goes beyond rule IW5.
 */
export function authoritiesOf(payloads: readonly CertreqPayload[]): Authorities {
  const lists = payloads.filter(isReadable).map(({ authorities }) => authorities);
  const hashes: Uint8Array[] = [];
  for (const list of lists) {
    for (let at = 0; at < list.length && hashes.length < LIMIT.AUTHORITIES; at += HASH_LEN) {
      hashes.push(list.subarray(at, at + HASH_LEN));
    }
  }
  return { isAny: lists.some(({ length }) => length === 0), hashes };
}

function isReadable({ encoding, authorities }: CertreqPayload): boolean {
  return encoding === CERT.X509_SIGNATURE && authorities.length % HASH_LEN === 0;
}

const HASH_LEN = 20;
