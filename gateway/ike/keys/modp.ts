// Key exchange modulo a prime (RFC 7296 §2.14 and appendix B, RFC 3526). Peers without X25519 and
// P-256 need it.
//
// One object of the runtime serves all exchanges of a group. Bun checks the prime anew for each new
// object, which takes 0.4 s for group 14 and 3.3 s for group 16. A new exponent in the old object
// takes below a millisecond. No other code may come between the calls for one exchange.

import { createDiffieHellman, type DiffieHellman, randomFillSync } from "node:crypto";
import type { KeyExchange, KeyPair } from "./key_exchange.ts";
import { MODP_PRIMES } from "./modp_primes.ts";

/** The id of a MODP group that is supported. */
type ModpId = keyof typeof MODP_PRIMES;

/** Octets of an exponent: the upper estimates of RFC 3526 §8. */
const EXPONENT_LENS: Readonly<Record<ModpId, number>> = { 14: 40, 15: 53, 16: 60 };

const GENERATOR = Uint8Array.of(2);

/** The method of a group. */
export function modp(id: ModpId): KeyExchange {
  const prime = Uint8Array.from(Buffer.from(MODP_PRIMES[id], "hex"));
  let shared: DiffieHellman | undefined;

  function generate(): KeyPair {
    shared ??= createDiffieHellman(prime, GENERATOR);
    const group = shared;
    const exponent = new Uint8Array(EXPONENT_LENS[id]);
    randomFillSync(exponent);
    group.setPrivateKey(exponent);
    const publicValue = padded(group.generateKeys(), prime.length);

    function agree(peerValue: Uint8Array): Uint8Array | undefined {
      if (!isInGroup(peerValue, prime)) return undefined;
      group.setPrivateKey(exponent);
      const secret = group.computeSecret(peerValue);
      const octets = padded(secret, prime.length);
      secret.fill(0);
      return octets;
    }

    return { publicValue, agree };
  }

  return { id, publicLen: prime.length, generate, respond: generate };
}

/** RFC 7296 §2.14: padded with zeros in front to the length of the prime; runtimes drop them. */
function padded(octets: Uint8Array, len: number): Uint8Array {
  const output = new Uint8Array(len);
  output.set(octets, len - octets.length);
  return output;
}

/**
 * Whether 1 < value < prime - 1 (RFC 6989 §2.1). One of the runtimes takes 0, 1 and prime - 1, with
 * which the secret is known beforehand. The value is public, so the comparison may take any time.
 */
function isInGroup(value: Uint8Array, prime: Uint8Array): boolean {
  if (value.length !== prime.length) return false;
  const last = value.length - 1;
  const isAboveOne = value.subarray(0, last).some((octet) => octet !== 0) || (value[last] ?? 0) > 1;
  return isAboveOne && isBelow(value, prime) && !isOneBelow(value, prime);
}

function isBelow(value: Uint8Array, prime: Uint8Array): boolean {
  return Buffer.compare(value, prime) < 0;
}

/** Whether `value` is `prime - 1`. The prime is odd, so only the last octet differs. */
function isOneBelow(value: Uint8Array, prime: Uint8Array): boolean {
  const last = prime.length - 1;
  return (value[last] ?? 0) === (prime[last] ?? 0) - 1 &&
    Buffer.compare(value.subarray(0, last), prime.subarray(0, last)) === 0;
}
