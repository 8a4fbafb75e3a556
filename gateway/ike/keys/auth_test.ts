import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { isSameAuth, pskAuth, signedParts } from "./auth.ts";
import { PRFS } from "./prf.ts";

const SIGNED = {
  firstMessage: new Uint8Array(200).fill(1),
  otherNonce: new Uint8Array(32).fill(2),
  p: new Uint8Array(32).fill(3),
  idBody: Uint8Array.of(2, 0, 0, 0, ...new TextEncoder().encode("gw.example.org")),
};

test("AUTH by a shared secret is two HMACs over message, nonce and hashed identity", () => {
  const secret = new TextEncoder().encode("a secret between two");
  const key = createHmac("sha256", secret).update("Key Pad for IKEv2").digest();
  const id = createHmac("sha256", SIGNED.p).update(SIGNED.idBody).digest();
  const expected = createHmac("sha256", key)
    .update(SIGNED.firstMessage).update(SIGNED.otherNonce).update(id).digest();
  const auth = pskAuth(PRFS[5], secret, SIGNED);
  assert.deepEqual(auth, Uint8Array.from(expected));
  assert.deepEqual(signedParts(PRFS[5], SIGNED).slice(0, 2), [
    SIGNED.firstMessage,
    SIGNED.otherNonce,
  ]);
});

test("each part of what is signed changes AUTH", () => {
  const secret = Uint8Array.of(1);
  const auth = pskAuth(PRFS[7], secret, SIGNED);
  assert.equal(auth.length, 64);
  for (const name of ["firstMessage", "otherNonce", "p", "idBody"] as const) {
    const octets = Uint8Array.from(SIGNED[name]);
    octets[5] = (octets[5] ?? 0) ^ 1;
    assert.notDeepEqual(pskAuth(PRFS[7], secret, { ...SIGNED, [name]: octets }), auth, name);
  }
});

test("AUTH data is the same only with equal length and octets", () => {
  const auth = Uint8Array.of(1, 2, 3, 4);
  assert.ok(isSameAuth(auth, Uint8Array.of(1, 2, 3, 4)));
  assert.ok(!isSameAuth(auth, Uint8Array.of(1, 2, 3, 5)));
  assert.ok(!isSameAuth(auth, Uint8Array.of(1, 2, 3)));
  assert.ok(!isSameAuth(auth, new Uint8Array(0)));
});
