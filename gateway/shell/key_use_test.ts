import { equal, notEqual } from "node:assert/strict";
import { test } from "node:test";
import { createKeyUse } from "./key_use.ts";

const KEY = new Uint8Array(20).fill(7);

test("refusal() takes an outbound key again only from the last number on", () => {
  const keys = createKeyUse(new Uint8Array(32));
  const digest = keys.digest(KEY);
  equal(keys.refusal({ digest, direction: "outbound", initialSequence: 0n }), undefined);
  keys.installed(digest, "outbound");
  equal(keys.refusal({ digest, direction: "outbound", initialSequence: 99n })?.kind, "conflict");
  keys.removed({ digest, direction: "outbound", lastSequence: 41n });
  equal(keys.refusal({ digest, direction: "outbound", initialSequence: 40n })?.kind, "conflict");
  equal(keys.refusal({ digest, direction: "outbound", initialSequence: 41n }), undefined);
});

test("refusal() never lets one key serve both directions", () => {
  const keys = createKeyUse(new Uint8Array(32));
  const digest = keys.digest(KEY);
  keys.installed(digest, "inbound");
  equal(keys.refusal({ digest, direction: "outbound", initialSequence: 0n })?.kind, "invalid");
  keys.removed({ digest, direction: "inbound", lastSequence: 0n });
  equal(keys.refusal({ digest, direction: "outbound", initialSequence: 0n }), undefined);
  keys.installed(digest, "outbound");
  keys.removed({ digest, direction: "outbound", lastSequence: 0n });
  equal(keys.refusal({ digest, direction: "inbound", initialSequence: 0n })?.kind, "invalid");
});

test("digest() of a key says nothing outside the process", () => {
  const one = createKeyUse(new Uint8Array(32).fill(1));
  const two = createKeyUse(new Uint8Array(32).fill(2));
  notEqual(one.digest(KEY), two.digest(KEY));
  equal(one.digest(KEY), one.digest(KEY.slice()));
});
