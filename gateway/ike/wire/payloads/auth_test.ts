import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { makeSignature, parseAuth, parseSignature } from "./auth.ts";
import { octets } from "../../../../tests/support/ike/arbitraries.ts";
import { reasonOf } from "../../../../tests/support/ike/messages.ts";

test("IW49: AUTH has a method", () => {
  for (let len = 0; len < 4; len++) equal(reasonOf(parseAuth(new Uint8Array(len))), "body_short");
});

test("IW63: a digital signature has an algorithm and a signature", () => {
  for (const data of [[], [0], [0, 1], [1, 9], [2, 9], [255, 1, 2, 3]]) {
    equal(parseSignature(Uint8Array.from(data)), undefined, `${data}`);
  }
  deepEqual(parseSignature(Uint8Array.of(1, 8, 9)), {
    algorithm: Uint8Array.of(8),
    signature: Uint8Array.of(9),
  });
});

test("IW63: a digital signature that is made and parsed is the same", () => {
  fc.assert(fc.property(octets(1, 255), octets(1, 300), (algorithm, signature) => {
    deepEqual(parseSignature(makeSignature({ algorithm, signature })), { algorithm, signature });
  }));
});
