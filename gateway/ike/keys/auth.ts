// The octets that AUTH covers, and AUTH by a shared secret (RFC 7296 §2.15).

import { randomBytes, timingSafeEqual } from "node:crypto";
import { type Prf, prf } from "./prf.ts";

/** What one side signs. */
export interface Signed {
  /**
   * The last version of this side's IKE_SA_INIT message that it sent, as it was on the wire, from
   * the first octet of the header on, without the Non-ESP Marker.
   */
  readonly firstMessage: Uint8Array;
  /** Data of the other side's nonce. */
  readonly otherNonce: Uint8Array;
  /** SK_pi for the initiator, SK_pr for the responder. */
  readonly p: Uint8Array;
  /** Body of this side's ID payload, from its type on. */
  readonly idBody: Uint8Array;
  /** IntAuth of both sides and the Message ID of IKE_AUTH (RFC 9242 §3.3.2); empty without. */
  readonly intAuth?: Uint8Array;
}

/** RealMessage | Nonce of the other side | prf(SK_p, RestOfID) | IntAuth, as the parts of it. */
export function signedParts(kind: Prf, signed: Signed): Uint8Array[] {
  const maced = prf(kind, signed.p, signed.idBody);
  return [signed.firstMessage, signed.otherNonce, maced, signed.intAuth ?? NONE];
}

/**
 * AUTH by a shared secret: prf(prf(secret, "Key Pad for IKEv2"), signed octets).
 *
 * @param secret An empty one is none: the result is then like nobody's
 */
export function pskAuth(kind: Prf, secret: Uint8Array, signed: Signed): Uint8Array {
  const known = secret.length === 0 ? randomBytes(kind.len) : secret;
  const key = prf(kind, known, KEY_PAD);
  const auth = prf(kind, key, ...signedParts(kind, signed));
  key.fill(0);
  return auth;
}

/** Whether the peer's AUTH data is `expected`, in a time that says nothing of where they differ. */
export function isSameAuth(expected: Uint8Array, data: Uint8Array): boolean {
  return expected.length === data.length && timingSafeEqual(expected, data);
}

const NONE = new Uint8Array(0);

/** 17 octets without a final zero. */
const KEY_PAD = new TextEncoder().encode("Key Pad for IKEv2");
