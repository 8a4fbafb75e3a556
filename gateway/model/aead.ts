// The AEADs that an SA may have, and the keying material that each takes. The table is the core's.

import { type AeadName, AEADS } from "../../ts-bindings/aead.ts";

export { AEAD_NAMES, type AeadName, AEADS } from "../../ts-bindings/aead.ts";

/** Lengths of keying material, octets: key, then salt (RFC 4106 §8.1, RFC 7634 §2). */
export function keyMaterialLens(name: AeadName): readonly number[] {
  const { keyLens, saltLen } = AEADS[name];
  return keyLens.map((len) => len + saltLen);
}
