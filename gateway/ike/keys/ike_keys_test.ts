import assert from "node:assert/strict";
import { test } from "node:test";
import { firstIkeKeys, type IkeKeys, nextIkeKeys, wipeIkeKeys } from "./ike_keys.ts";
import { prf, prfPlus, PRFS } from "./prf.ts";

// Known answers of the key derivation with HMAC-SHA-256: NIST's samples for IKEv2, as NSS has them
// among its tests (gtests/pk11_gtest, vectors for IKE with SHA-256).
const SECRET = hex("0f4d257d7a58fc4545c7d7a88119eee5d5c9690c5b4c989171d3abbfd99d1d29");
const SKEYSEED = hex("5f00d1bd2c58ec224b1e6b71fa0f19a1faa7a193952c444411b47c1a9d8ba6fe");
const SEED = {
  nonceI: hex("3f302be1abcb28e1"),
  nonceR: hex("8c332ee006064c9b"),
  spiI: hex("40dac39e1e1a8640"),
  spiR: hex("8619a1cf9a6e4c07"),
};
const KEYS = hex(
  "0b137d669b0947d7d026d593f0305ad401ff0c471357d695778a9c7f4b4869ec" +
    "e98aca531188d16041b3bb936d2dbb3b4993a6e768a809160de45d0283f273a6" +
    "cdf6854379e31be72b8d3d1fa990cf9c5b015ca9f918a7df6253c958114a09d4" +
    "e1c19bdcd4db14b29d98db1a74ad405c588662c14a04d0d36aa4ab55e90f8986" +
    "d12d4aad",
);
const REKEY_SECRET = hex("25f3b12d6f282739256e39bf54eda53b60ffcf379bb7bcc90c27b4c4c578616c");
const REKEY_SKEYSEED = hex("2d63f6debc92048b4fef3889c4c99ca67d6496e0fac14a2bca9a2d6566ff2398");

test("SKEYSEED, the stream of keys and SKEYSEED of a rekey are the known ones", () => {
  const nonces = Uint8Array.of(...SEED.nonceI, ...SEED.nonceR);
  assert.deepEqual(prf(PRFS[5], nonces, SECRET), SKEYSEED);
  const seed = [SEED.nonceI, SEED.nonceR, SEED.spiI, SEED.spiR];
  assert.deepEqual(prfPlus(PRFS[5], SKEYSEED, { seed, len: KEYS.length }), KEYS);
  const d = KEYS.subarray(0, 32);
  const rekeyed = prf(PRFS[5], d, REKEY_SECRET, SEED.nonceI, SEED.nonceR);
  assert.deepEqual(rekeyed, REKEY_SKEYSEED);
});

test("IK13: secrets of additional key exchanges stand behind the nonces of a rekey", () => {
  const lens = { prf: PRFS[5], encryptionLen: 36 };
  const old = { prf: PRFS[5], d: KEYS.slice(0, 32) };
  const more = [Uint8Array.of(1, 2, 3), Uint8Array.of(4)];
  const keys = nextIkeKeys(old, SECRET, { seed: SEED, lens, more });
  const text = [...SECRET, ...SEED.nonceI, ...SEED.nonceR, 1, 2, 3, 4];
  const skeyseed = prf(PRFS[5], old.d, Uint8Array.from(text));
  const seed = [SEED.nonceI, SEED.nonceR, SEED.spiI, SEED.spiR];
  const octets = prfPlus(PRFS[5], skeyseed, { seed, len: 168 });
  assert.deepEqual(keys.d, octets.slice(0, 32));
  assert.deepEqual(keys.pr, octets.slice(136));
});

test("prf+ has at most 255 blocks", () => {
  const seed = [SEED.nonceI];
  assert.equal(prfPlus(PRFS[5], SKEYSEED, { seed, len: 255 * 32 }).length, 255 * 32);
  assert.throws(() => prfPlus(PRFS[5], SKEYSEED, { seed, len: 255 * 32 + 1 }), RangeError);
});

test("prf+ cut short is the beginning of the longer one", () => {
  const seed = [SEED.nonceI, SEED.nonceR, SEED.spiI, SEED.spiR];
  for (const len of [0, 1, 31, 32, 33, 64, 131]) {
    assert.deepEqual(prfPlus(PRFS[5], SKEYSEED, { seed, len }), KEYS.subarray(0, len), `${len}`);
  }
});

test("the keys of an IKE SA follow each other in the stream, without integrity keys", () => {
  const lens = { prf: PRFS[5], encryptionLen: 20 };
  const keys = firstIkeKeys(SECRET, SEED, lens);
  const parts = [keys.d, keys.ei, keys.er, keys.pi];
  assert.deepEqual(parts.map(({ length }) => length), [32, 20, 20, 32]);
  assert.equal(keys.pr.length, 32);
  assert.deepEqual(Uint8Array.of(...parts.flatMap((part) => [...part])), KEYS.subarray(0, 104));
});

test("with the roles swapped every key differs", () => {
  const lens = { prf: PRFS[5], encryptionLen: 36 };
  const keys = firstIkeKeys(SECRET, SEED, lens);
  const { nonceI, nonceR, spiI, spiR } = SEED;
  for (
    const swapped of [{ ...SEED, nonceI: nonceR, nonceR: nonceI }, {
      ...SEED,
      spiI: spiR,
      spiR: spiI,
    }]
  ) {
    const others = firstIkeKeys(SECRET, swapped, lens);
    for (const name of NAMES) assert.notDeepEqual(others[name], keys[name], name);
  }
});

test("a rekey seeds with the old PRF and expands with the new one", () => {
  const d = KEYS.slice(0, 32);
  const lens = { prf: PRFS[7], encryptionLen: 36 };
  const keys = nextIkeKeys({ prf: PRFS[5], d }, REKEY_SECRET, { seed: SEED, lens });
  const seed = [SEED.nonceI, SEED.nonceR, SEED.spiI, SEED.spiR];
  const stream = prfPlus(PRFS[7], REKEY_SKEYSEED, { seed, len: 264 });
  assert.deepEqual(keys.d, stream.slice(0, 64));
  assert.deepEqual(keys.pr, stream.slice(200, 264));
});

test("keys are wiped together", () => {
  const keys = firstIkeKeys(SECRET, SEED, { prf: PRFS[6], encryptionLen: 36 });
  wipeIkeKeys(keys);
  for (const name of NAMES) assert.ok(keys[name].every((octet) => octet === 0), name);
});

const NAMES: readonly (keyof IkeKeys)[] = ["d", "ei", "er", "pi", "pr"];

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "hex"));
}
