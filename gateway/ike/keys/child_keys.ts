// The keys of a Child SA (RFC 7296 §2.17).

import { type Prf, prfPlus } from "./prf.ts";

/** The values that the keys of a Child SA depend on. */
export interface ChildSeed {
  /** SK_d of the IKE SA. */
  readonly d: Uint8Array;
  /** The shared secret of the exchange that made the Child SA, if it had a KE payload. */
  readonly secret?: Uint8Array;
  /** Shared secrets of the additional key exchanges behind it (RFC 9370 §2.2.4). */
  readonly more?: readonly Uint8Array[];
  /** Nonces of that exchange. For the first Child SA they are those of IKE_SA_INIT. */
  readonly nonceI: Uint8Array;
  readonly nonceR: Uint8Array;
}

/**
 * Keys and salts of both directions, as an SA's `keyMaterial` has them (RFC 4106 §8.1, RFC 7634
 * §2). The initiator is the side that began the exchange, whichever side began the IKE SA.
 */
export interface ChildKeys {
  /** For packets from the initiator to the responder. */
  readonly fromInitiator: Uint8Array;
  /** For packets from the responder to the initiator. */
  readonly fromResponder: Uint8Array;
}

/**
 * KEYMAT = prf+(SK_d, [g^ir |] Ni | Nr [| more]), cut into the keys of both directions.
 *
 * @param keyLen Octets of one direction's key and salt
 * @returns Keys that the caller wipes
 */
export function childKeys(prf: Prf, seed: ChildSeed, keyLen: number): ChildKeys {
  const { d, secret = NONE, more = [], nonceI, nonceR } = seed;
  const octets = prfPlus(prf, d, { seed: [secret, nonceI, nonceR, ...more], len: 2 * keyLen });
  const keys = { fromInitiator: octets.slice(0, keyLen), fromResponder: octets.slice(keyLen) };
  octets.fill(0);
  return keys;
}

const NONE = new Uint8Array(0);
