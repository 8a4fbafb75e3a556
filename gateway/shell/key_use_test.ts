import { deepEqual, equal, notEqual } from "node:assert/strict";
import { test } from "node:test";
import { createKeyUse } from "./key_use.ts";

const KEY = new Uint8Array(20).fill(7);

test("refusal() takes an outbound key again only from the last number on", () => {
  const keys = createKeyUse(new Uint8Array(32));
  const digest = keys.digest(KEY);
  equal(keys.refusal({ digest, direction: "outbound", initialSequence: 0n }), undefined);
  keys.installed(digest, "outbound");
  equal(keys.refusal({ digest, direction: "outbound", initialSequence: 99n })?.kind, "conflict");
  keys.removed({ digest, lastSequence: 41n });
  equal(keys.refusal({ digest, direction: "outbound", initialSequence: 40n })?.kind, "conflict");
  equal(keys.refusal({ digest, direction: "outbound", initialSequence: 41n }), undefined);
});

test("refusal() never lets one key serve both directions, not even one after the other", () => {
  const keys = createKeyUse(new Uint8Array(32));
  const digest = keys.digest(KEY);
  const other = keys.digest(KEY.map((octet) => octet + 1));
  keys.installed(digest, "inbound");
  equal(keys.refusal({ digest, direction: "outbound", initialSequence: 0n })?.kind, "invalid");
  keys.removed({ digest, lastSequence: 0n });
  equal(keys.refusal({ digest, direction: "outbound", initialSequence: 99n })?.kind, "invalid");
  keys.installed(other, "outbound");
  keys.removed({ digest: other, lastSequence: 0n });
  const again = { digest: other, direction: "inbound", initialSequence: 99n } as const;
  equal(keys.refusal(again)?.kind, "invalid");
});

test("refusal() takes an inbound key again only from the highest number on", () => {
  const keys = createKeyUse(new Uint8Array(32));
  const digest = keys.digest(KEY);
  keys.installed(digest, "inbound");
  keys.removed({ digest, lastSequence: 500n });
  const refusal = keys.refusal({ digest, direction: "inbound", initialSequence: 499n });
  deepEqual([refusal?.kind, refusal?.member], ["conflict", "initialSequence"]);
  equal(keys.refusal({ digest, direction: "inbound", initialSequence: 500n }), undefined);
  // An SA that took fewer numbers makes nothing forgotten.
  keys.installed(digest, "inbound");
  keys.removed({ digest, lastSequence: 3n });
  equal(keys.refusal({ digest, direction: "inbound", initialSequence: 499n })?.kind, "conflict");
});

test("digest() of a key says nothing outside the process", () => {
  const one = createKeyUse(new Uint8Array(32).fill(1));
  const two = createKeyUse(new Uint8Array(32).fill(2));
  notEqual(one.digest(KEY), two.digest(KEY));
  equal(one.digest(KEY), one.digest(KEY.slice()));
});
