import { equal } from "node:assert/strict";
import { test } from "node:test";
import { parseNonce } from "./nonce.ts";
import { reasonOf } from "../../../../tests/support/ike/messages.ts";

test("IW59: a nonce has 16 to 256 octets", () => {
  for (const len of [0, 1, 15, 257, 65_000]) {
    equal(reasonOf(parseNonce(new Uint8Array(len))), "nonce_length", `${len}`);
  }
  for (const len of [16, 32, 256]) equal(reasonOf(parseNonce(new Uint8Array(len))), null);
});
