// Keys of an IKE SA with a postquantum preshared key in them (RFC 8784 §3).

import type { IkeKeys } from "./ike_keys.ts";
import { type Prf, prfPlus } from "./prf.ts";

/**
 * SK_d, SK_pi and SK_pr become prf+(PPK, SK'). SK_ei and SK_er stay as they are.
 *
 * @returns Copies, which the caller wipes
 */
export function mixPpk(prf: Prf, ppk: Uint8Array, keys: IkeKeys): IkeKeys {
  const mixed = (key: Uint8Array): Uint8Array =>
    prfPlus(prf, ppk, { seed: [key], len: key.length });
  return {
    d: mixed(keys.d),
    ei: keys.ei.slice(),
    er: keys.er.slice(),
    pi: mixed(keys.pi),
    pr: mixed(keys.pr),
  };
}
