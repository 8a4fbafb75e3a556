import assert from "node:assert/strict";
import { test } from "node:test";
import { childKeys } from "./child_keys.ts";
import { prfPlus, PRFS } from "./prf.ts";

const D = new Uint8Array(32).fill(1);
const NONCE_I = new Uint8Array(32).fill(2);
const NONCE_R = new Uint8Array(32).fill(3);
const SECRET = new Uint8Array(32).fill(4);

test("the initiator's half comes first", () => {
  for (const keyLen of [20, 28, 36]) {
    const keys = childKeys(PRFS[5], { d: D, nonceI: NONCE_I, nonceR: NONCE_R }, keyLen);
    const stream = prfPlus(PRFS[5], D, { seed: [NONCE_I, NONCE_R], len: 2 * keyLen });
    assert.deepEqual(keys.fromInitiator, stream.subarray(0, keyLen));
    assert.deepEqual(keys.fromResponder, stream.subarray(keyLen));
  }
});

test("a new key exchange goes in before the nonces", () => {
  const seed = { d: D, secret: SECRET, nonceI: NONCE_I, nonceR: NONCE_R };
  const keys = childKeys(PRFS[6], seed, 36);
  const stream = prfPlus(PRFS[6], D, { seed: [SECRET, NONCE_I, NONCE_R], len: 72 });
  assert.deepEqual(keys.fromInitiator, stream.subarray(0, 36));
  assert.deepEqual(keys.fromResponder, stream.subarray(36));
});
