// The keys of an IKE SA (RFC 7296 §2.14, §2.18; RFC 5282 §7).

import { type Prf, prf, prfPlus } from "./prf.ts";

/**
 * The seven keys of an IKE SA, without SK_ai and SK_ar: an AEAD needs none (RFC 5282 §7.1). "i" is
 * the side that sent the first message of this IKE SA, "r" is the other one.
 */
export interface IkeKeys {
  /** Seed of the keys of Child SAs, and of the IKE SA that follows this one. */
  readonly d: Uint8Array;
  /** Key and salt for what the initiator encrypts. */
  readonly ei: Uint8Array;
  /** Key and salt for what the responder encrypts. */
  readonly er: Uint8Array;
  /** For AUTH of the initiator. */
  readonly pi: Uint8Array;
  /** For AUTH of the responder. */
  readonly pr: Uint8Array;
}

/** The values of both sides that the keys depend on. */
export interface IkeSeed {
  /** Data of the nonce payloads, without their headers. */
  readonly nonceI: Uint8Array;
  readonly nonceR: Uint8Array;
  /** SPIs of the IKE SA, 8 octets each, in the header's order. */
  readonly spiI: Uint8Array;
  readonly spiR: Uint8Array;
}

/** The negotiated algorithms that decide how long the keys are. */
export interface IkeKeyLens {
  readonly prf: Prf;
  /** Octets of an encryption key with its salt (RFC 5282 §7.1, RFC 7634 §3). */
  readonly encryptionLen: number;
}

/**
 * Derives the first keys of an IKE SA: SKEYSEED = prf(Ni | Nr, g^ir).
 *
 * @param secret The shared secret of the key exchange; the caller wipes it
 */
export function firstIkeKeys(secret: Uint8Array, seed: IkeSeed, lens: IkeKeyLens): IkeKeys {
  const nonces = joined(seed.nonceI, seed.nonceR);
  return expanded(prf(lens.prf, nonces, secret), seed, lens);
}

/** The IKE SA that a rekey replaces. */
export interface IkePredecessor {
  /** The PRF of the old IKE SA. */
  readonly prf: Prf;
  /** Its SK_d. */
  readonly d: Uint8Array;
}

/**
 * Derives the keys of an IKE SA that follows another: SKEYSEED = prf(SK_d, g^ir | Ni | Nr), with
 * the old SA's PRF. The rest is made with the new one's (RFC 7296 §2.18).
 *
 * With additional key exchanges their secrets follow the nonces (RFC 9370 §2.2.4). An additional
 * key exchange of IKE_INTERMEDIATE makes new keys by the same formula, with nonces and SPIs of
 * IKE_SA_INIT (RFC 9370 §2.2.2).
 *
 * @param seed Nonces and SPIs of the rekey
 */
export function nextIkeKeys(
  old: IkePredecessor,
  secret: Uint8Array,
  { seed, lens, more = [] }: {
    readonly seed: IkeSeed;
    readonly lens: IkeKeyLens;
    /** Secrets of additional key exchanges; the caller wipes them. */
    readonly more?: readonly Uint8Array[];
  },
): IkeKeys {
  return expanded(prf(old.prf, old.d, secret, seed.nonceI, seed.nonceR, ...more), seed, lens);
}

/**
 * Derives the keys of an IKE SA that resumes another: SKEYSEED = prf(SK_d, "Resumption" | Ni | Nr)
 * (RFC 5723 §5.1).
 *
 * @param d SK_d of the IKE SA that the ticket is of; the PRF stays the same
 */
export function resumedIkeKeys(d: Uint8Array, seed: IkeSeed, lens: IkeKeyLens): IkeKeys {
  return expanded(prf(lens.prf, d, RESUMPTION, seed.nonceI, seed.nonceR), seed, lens);
}

/** 10 octets without a final zero. */
const RESUMPTION = new TextEncoder().encode("Resumption");

/** SK_d | SK_ei | SK_er | SK_pi | SK_pr = prf+(SKEYSEED, Ni | Nr | SPIi | SPIr). Wipes SKEYSEED. */
function expanded(skeyseed: Uint8Array, seed: IkeSeed, lens: IkeKeyLens): IkeKeys {
  const { len } = lens.prf;
  const parts = [len, lens.encryptionLen, lens.encryptionLen, len, len];
  const octets = prfPlus(lens.prf, skeyseed, {
    seed: [seed.nonceI, seed.nonceR, seed.spiI, seed.spiR],
    len: parts.reduce((sum, part) => sum + part),
  });
  skeyseed.fill(0);
  let at = 0;
  function take(partLen: number): Uint8Array {
    at += partLen;
    return octets.slice(at - partLen, at);
  }
  const keys: IkeKeys = {
    d: take(len),
    ei: take(lens.encryptionLen),
    er: take(lens.encryptionLen),
    pi: take(len),
    pr: take(len),
  };
  octets.fill(0);
  return keys;
}

/** Wipes the keys of an IKE SA that is gone. */
export function wipeIkeKeys(keys: IkeKeys): void {
  for (const key of [keys.d, keys.ei, keys.er, keys.pi, keys.pr]) key.fill(0);
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const octets = new Uint8Array(a.length + b.length);
  octets.set(a);
  octets.set(b, a.length);
  return octets;
}
