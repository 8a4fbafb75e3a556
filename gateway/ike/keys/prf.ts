// The pseudorandom functions of IKEv2 (RFC 7296 §2.13): HMACs over SHA-2 (RFC 4868 §2.1.2, RFC 8247
// §2.2). SHA-1 and MD5 are not there.

import { createHmac } from "node:crypto";

/** The id of a PRF in a transform of type 2 (RFC 7296 §3.3.2). */
export type PrfId = 5 | 6 | 7;

/** A pseudorandom function. */
export interface Prf {
  readonly id: PrfId;
  /** Octets of its output, which is also the length of the keys that are made for it. */
  readonly len: number;
  readonly hash: "sha256" | "sha384" | "sha512";
}

/** The PRFs by id. */
export const PRFS: Readonly<Record<PrfId, Prf>> = {
  5: { id: 5, len: 32, hash: "sha256" },
  6: { id: 6, len: 48, hash: "sha384" },
  7: { id: 7, len: 64, hash: "sha512" },
};

/** Most blocks of prf+: the counter is one octet. */
const BLOCKS_MAX = 255;

/**
 * `prf(key, parts joined)`.
 *
 * @param key Of any length. HMAC takes a key that is longer than a block as its hash
 * @returns `prf.len` octets, which the caller wipes if they are secret
 */
export function prf({ hash }: Prf, key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const hmac = createHmac(hash, key);
  for (const part of parts) hmac.update(part);
  // A copy of its own. A Buffer may be a view of a pool that others share.
  const digest = hmac.digest();
  const output = Uint8Array.from(digest);
  digest.fill(0);
  return output;
}

/**
 * `prf+(key, seed)`: T1 | T2 | ... with Tn = prf(key, Tn-1 | seed | n).
 *
 * @param len Octets wanted, at most 255 times the output of the PRF
 * @returns `len` octets, which the caller wipes
 * @throws {RangeError} If `len` is more than that
 */
export function prfPlus(
  kind: Prf,
  key: Uint8Array,
  { seed, len }: { readonly seed: readonly Uint8Array[]; readonly len: number },
): Uint8Array {
  if (len > BLOCKS_MAX * kind.len) {
    throw new RangeError(`Cannot make ${len} octets of keys: more than 255 blocks`);
  }
  const output = new Uint8Array(len);
  let block: Uint8Array = new Uint8Array(0);
  for (let n = 1; (n - 1) * kind.len < len; n++) {
    const next = prf(kind, key, block, ...seed, Uint8Array.of(n));
    block.fill(0);
    block = next;
    const at = (n - 1) * kind.len;
    output.set(block.subarray(0, len - at), at);
  }
  block.fill(0);
  return output;
}
