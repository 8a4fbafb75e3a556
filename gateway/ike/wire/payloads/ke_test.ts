import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { KE } from "../constants.ts";
import { keDataLen, parseKe } from "./ke.ts";
import { reasonOf, valueOf } from "../../../../tests/support/ike/messages.ts";

test("IW49: KE has a method", () => {
  for (let len = 0; len < 4; len++) equal(reasonOf(parseKe(new Uint8Array(len))), "body_short");
});

test("IW58: data of no length and of a private method are read, and known to be wrong", () => {
  const empty = valueOf(parseKe(Uint8Array.of(0, KE.X25519, 0, 0)));
  equal(empty.data.length, 0);
  equal(keDataLen(empty.method, "request"), 32);
  equal(valueOf(parseKe(Uint8Array.of(4, 1, 0, 0, 1))).method, 1025);
  equal(keDataLen(1025, "request"), undefined);
  equal(keDataLen(KE.NONE, "request"), undefined);
});

test("IW58: every method has its lengths, and a KEM has two", () => {
  const lens = Object.entries(KE).filter(([, method]) => method !== KE.NONE).map(
    ([name, method]) => {
      return [name, keDataLen(method, "request"), keDataLen(method, "response")];
    },
  );
  deepEqual(lens, [
    ["MODP_2048", 256, 256],
    ["MODP_3072", 384, 384],
    ["MODP_4096", 512, 512],
    ["ECP_256", 64, 64],
    ["ECP_384", 96, 96],
    ["ECP_521", 132, 132],
    ["X25519", 32, 32],
    ["ML_KEM_512", 800, 768],
    ["ML_KEM_768", 1184, 1088],
    ["ML_KEM_1024", 1568, 1568],
  ]);
});
