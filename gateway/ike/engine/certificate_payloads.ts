// What both sides say of certificates before they use them: which signatures they take, and whose
// certificates (RFC 7427 §4, RFC 7296 §3.7).

import { OWN_HASHES } from "../certificates/credentials.ts";
import { CERT } from "../wire/constants.ts";
import { NOTIFY } from "../wire/notify_types.ts";
import { findNotify, makeNotify, type NotifyPayload, numbersOf } from "../wire/payloads/notify.ts";
import type { Payload } from "../wire/payloads/payload.ts";
import type { Context } from "./context.ts";

/** SIGNATURE_HASH_ALGORITHMS, if this side has certificates. */
export function hashesNotify({ credentials }: Context): NotifyPayload[] {
  if (credentials === null) return [];
  const data = Uint8Array.from(OWN_HASHES.flatMap((hash) => [hash >>> 8, hash & 0xff]));
  return [makeNotify(NOTIFY.SIGNATURE_HASH_ALGORITHMS, data)];
}

/** The hashes of the peer's SIGNATURE_HASH_ALGORITHMS that are known here; null without one. */
export function hashesOf(notifies: readonly NotifyPayload[]): readonly number[] | null {
  const notify = findNotify(notifies, NOTIFY.SIGNATURE_HASH_ALGORITHMS);
  if (notify === undefined) return null;
  const hashes = new Set(numbersOf(notify));
  return OWN_HASHES.filter((hash) => hashes.has(hash));
}

/** CERTREQ with the CAs that this side trusts, if there are any. */
export function certificateRequest({ credentials }: Context): Payload[] {
  const authorities = credentials?.authorities ?? new Uint8Array(0);
  if (authorities.length === 0) return [];
  return [{ kind: "certreq", encoding: CERT.X509_SIGNATURE, authorities }];
}
