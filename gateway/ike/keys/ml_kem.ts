// Key encapsulation with ML-KEM (FIPS 203; draft-ietf-ipsecme-ikev2-mlkem). The side that asks
// sends an encapsulation key, the other one a ciphertext, and both have a secret of 32 octets.
//
// The runtimes have it in WebCrypto alone, whose calls do not return at once
// (`docs/design/decisions/0028-ml-kem-in-javascript.md`).

import { ml_kem1024, ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import type { KeyExchange, KeyPair } from "./key_exchange.ts";

/** The id of an ML-KEM method. */
type MlKemId = 36 | 37;

/** Octets of the two values: FIPS 203 §8, table 3. */
const SHAPES = {
  36: { kem: ml_kem768, publicLen: 1184, answerLen: 1088 },
  37: { kem: ml_kem1024, publicLen: 1568, answerLen: 1568 },
} as const;

/** The method of a parameter set. */
export function mlKem(id: MlKemId): KeyExchange {
  return {
    id,
    publicLen: SHAPES[id].publicLen,
    generate: () => mlKemPair(id),
    respond: (key) => respond(id, key),
  };
}

/**
 * A decapsulation key, and the encapsulation key as its public value.
 *
 * @param seed 64 octets, d then z (FIPS 203 §6.1), in place of random ones: for known answers
 */
export function mlKemPair(id: MlKemId, seed?: Uint8Array): KeyPair {
  const { kem, answerLen } = SHAPES[id];
  const { publicKey, secretKey } = kem.keygen(seed);
  let isUsed = false;

  // A ciphertext that was changed gives another secret, not a failure (FIPS 203 §6.3): the next
  // message has a wrong ICV.
  function agree(ciphertext: Uint8Array): Uint8Array | undefined {
    if (isUsed || ciphertext.length !== answerLen) return undefined;
    isUsed = true;
    const secret = kem.decapsulate(ciphertext, secretKey);
    secretKey.fill(0);
    return secret;
  }

  return { publicValue: publicKey, agree };
}

/** Encapsulates at once: the answer has the ciphertext. */
function respond(id: MlKemId, key: Uint8Array): KeyPair | undefined {
  const { kem, publicLen } = SHAPES[id];
  if (key.length !== publicLen) return undefined;
  try {
    // FIPS 203 §7.2: a key with a coefficient of 3,329 or more is refused.
    const { cipherText, sharedSecret } = kem.encapsulate(key);
    return { publicValue: cipherText, agree: () => sharedSecret };
  } catch {
    // The peer chose the key, so a refusal is an answer and not a failure.
    return undefined;
  }
}
