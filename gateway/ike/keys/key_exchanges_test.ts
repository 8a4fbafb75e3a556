import assert from "node:assert/strict";
import { test } from "node:test";
import type { KeyExchange, KeyExchangeId } from "./key_exchange.ts";
import { KEY_EXCHANGES } from "./key_exchanges.ts";
import { MODP_PRIMES } from "./modp_primes.ts";

const PUBLIC_LENS: Readonly<Record<KeyExchangeId, number>> = {
  14: 256,
  15: 384,
  16: 512,
  19: 64,
  20: 96,
  21: 132,
  31: 32,
  36: 1184,
  37: 1568,
};
const SECRET_LENS: Readonly<Record<KeyExchangeId, number>> = {
  ...PUBLIC_LENS,
  19: 32,
  20: 48,
  21: 66,
  36: 32,
  37: 32,
};

/** Bun checks the prime of a group for seconds, once. */
const SLOW = { timeout: 60_000 };

for (const method of Object.values(KEY_EXCHANGES)) {
  const { id } = method;

  test(`method ${id}: both sides get the same secret, of the right length`, SLOW, () => {
    assert.equal(method.publicLen, PUBLIC_LENS[id]);
    const a = method.generate();
    const b = method.respond(a.publicValue);
    assert.ok(b !== undefined);
    assert.equal(a.publicValue.length, method.publicLen);
    const secret = a.agree(b.publicValue);
    assert.equal(secret?.length, SECRET_LENS[id]);
    assert.deepEqual(b.agree(a.publicValue), secret);
    assert.notDeepEqual(method.generate().publicValue, a.publicValue);
  });

  test(`method ${id}: a value of another length is refused`, () => {
    const pair = method.generate();
    for (const len of [0, 1, method.publicLen - 1, method.publicLen + 1]) {
      assert.equal(pair.agree(new Uint8Array(len).fill(2)), undefined, `${len}`);
    }
  });
}

test("IK1: a public value and a secret that begin with a zero keep their length", () => {
  for (const id of [14, 19] as const) {
    const method = KEY_EXCHANGES[id];
    const peer = method.generate();
    const begins = { publicValue: false, secret: false };
    // One value in 256 begins with a zero. That none of 8,000 does has a chance of 10^-14.
    for (let i = 0; i < 8000 && !(begins.publicValue && begins.secret); i++) {
      const pair = method.generate();
      const secret = peer.agree(pair.publicValue);
      assert.equal(pair.publicValue.length, method.publicLen);
      assert.equal(secret?.length, SECRET_LENS[id]);
      const isZero = { publicValue: pair.publicValue[0] === 0, secret: secret?.[0] === 0 };
      if (isZero.publicValue || isZero.secret) {
        assert.deepEqual(pair.agree(peer.publicValue), secret);
      }
      begins.publicValue ||= isZero.publicValue;
      begins.secret ||= isZero.secret;
    }
    assert.deepEqual(begins, { publicValue: true, secret: true }, `method ${id}`);
  }
});

test("IK2: values of a MODP group that give the secret away are refused", SLOW, () => {
  for (const id of [14, 15, 16] as const) {
    const prime = BigInt(`0x${MODP_PRIMES[id]}`);
    const pair = KEY_EXCHANGES[id].generate();
    const len = KEY_EXCHANGES[id].publicLen;
    for (const value of [0n, 1n, prime - 1n, prime, prime + 1n, 2n ** BigInt(8 * len) - 1n]) {
      assert.equal(pair.agree(octetsOf(value, len)), undefined, `group ${id}: ${value}`);
    }
    for (const value of [2n, prime - 2n]) {
      assert.equal(pair.agree(octetsOf(value, len))?.length, len, `group ${id}`);
    }
  }
});

test("two exchanges of one MODP group do not mix", () => {
  const method = KEY_EXCHANGES[14];
  const [a, b, c] = [method.generate(), method.generate(), method.generate()];
  assert.deepEqual(a.agree(c.publicValue), c.agree(a.publicValue));
  assert.deepEqual(b.agree(c.publicValue), c.agree(b.publicValue));
  assert.notDeepEqual(a.agree(c.publicValue), b.agree(c.publicValue));
});

test("a MODP secret is what arithmetic says", () => {
  const prime = BigInt(`0x${MODP_PRIMES[14]}`);
  const pair = KEY_EXCHANGES[14].generate();
  // The peer's exponent is 3, so the secret is our public value to the third.
  const value = BigInt(`0x${Buffer.from(pair.publicValue).toString("hex")}`);
  assert.deepEqual(pair.agree(octetsOf(8n, 256)), octetsOf((value ** 3n) % prime, 256));
});

test("IK2: a point off its curve is refused, and so is the point at infinity", () => {
  for (const id of [19, 20, 21] as const) {
    const method = KEY_EXCHANGES[id];
    const pair = method.generate();
    const other = method.generate().publicValue;
    other[other.length - 1] = (other[other.length - 1] ?? 0) ^ 1;
    assert.equal(pair.agree(other), undefined, `curve ${id}`);
    assert.equal(pair.agree(new Uint8Array(method.publicLen)), undefined, `curve ${id}`);
  }
});

test("IK2: X25519 refuses values of small order, and takes unreduced ones and a set top bit", () => {
  const pair = KEY_EXCHANGES[31].generate();
  for (const small of SMALL_ORDER) assert.equal(pair.agree(hex(small)), undefined, small);
  const value = KEY_EXCHANGES[31].generate().publicValue;
  const secret = pair.agree(value);
  assert.ok(secret !== undefined);
  value[31] = (value[31] ?? 0) | 0x80;
  assert.deepEqual(pair.agree(value), secret);
  // 9 + p, the base point unreduced, is below 2^255.
  const base = littleEndian(9n);
  assert.deepEqual(pair.agree(littleEndian(9n + 2n ** 255n - 19n)), pair.agree(base));
  assert.deepEqual(pair.agree(base), pair.publicValue);
});

test("secrets agree with the runtime's other interface", async () => {
  for (const [id, name] of [[19, "P-256"], [20, "P-384"], [21, "P-521"]] as const) {
    await agreesWithWebCrypto(KEY_EXCHANGES[id], { name: "ECDH", namedCurve: name });
  }
  await agreesWithWebCrypto(KEY_EXCHANGES[31], { name: "X25519" });
});

async function agreesWithWebCrypto(
  method: KeyExchange,
  algorithm: { readonly name: string; readonly namedCurve?: string },
): Promise<void> {
  const { subtle } = crypto;
  const isCurve = algorithm.namedCurve !== undefined;
  const made = await subtle.generateKey(algorithm, EXTRACTABLE, ["deriveBits"]);
  assert.ok("privateKey" in made);
  const raw = new Uint8Array(await subtle.exportKey("raw", made.publicKey));
  const pair = method.generate();
  // Uncompressed points begin with a 4 (SEC 1 §2.3.3), which KE payloads leave out.
  const sent = isCurve ? Uint8Array.of(4, ...pair.publicValue) : Uint8Array.from(pair.publicValue);
  const ours = await subtle.importKey("raw", sent, algorithm, EXTRACTABLE, []);
  const bits = SECRET_LENS[method.id] * 8;
  const derived = await subtle.deriveBits(
    { ...algorithm, public: ours },
    made.privateKey,
    bits,
  );
  assert.deepEqual(pair.agree(isCurve ? raw.subarray(1) : raw), new Uint8Array(derived));
}

const EXTRACTABLE = true;

/** Values for which X25519 gives zero, whatever the private key (RFC 7748 §6.1). */
const SMALL_ORDER: readonly string[] = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

function octetsOf(value: bigint, len: number): Uint8Array {
  return hex(value.toString(16).padStart(2 * len, "0").slice(-2 * len));
}

function littleEndian(value: bigint): Uint8Array {
  return octetsOf(value, 32).reverse();
}

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "hex"));
}
