import { deepEqual, equal, notDeepEqual, notEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { createKeyUse } from "./key_use.ts";

const KEY = new Uint8Array(20).fill(7);

test("refusal() takes an outbound key again only from the last number on", () => {
  const keys = createKeyUse(new Uint8Array(32));
  const digest = keys.digest(KEY);
  equal(keys.refusal({ digest, direction: "outbound", initialSequence: 0n }), undefined);
  keys.take(digest, "outbound");
  equal(keys.refusal({ digest, direction: "outbound", initialSequence: 99n })?.kind, "conflict");
  keys.removed({ digest, lastSequence: 41n });
  equal(keys.refusal({ digest, direction: "outbound", initialSequence: 40n })?.kind, "conflict");
  equal(keys.refusal({ digest, direction: "outbound", initialSequence: 41n }), undefined);
});

test("refusal() never lets one key serve both directions, not even one after the other", () => {
  const keys = createKeyUse(new Uint8Array(32));
  const digest = keys.digest(KEY);
  const other = keys.digest(KEY.map((octet) => octet + 1));
  keys.take(digest, "inbound");
  equal(keys.refusal({ digest, direction: "outbound", initialSequence: 0n })?.kind, "invalid");
  keys.removed({ digest, lastSequence: 0n });
  equal(keys.refusal({ digest, direction: "outbound", initialSequence: 99n })?.kind, "invalid");
  keys.take(other, "outbound");
  keys.removed({ digest: other, lastSequence: 0n });
  const again = { digest: other, direction: "inbound", initialSequence: 99n } as const;
  equal(keys.refusal(again)?.kind, "invalid");
});

test("refusal() takes an inbound key again from any number on", () => {
  const keys = createKeyUse(new Uint8Array(32));
  const digest = keys.digest(KEY);
  keys.take(digest, "inbound");
  keys.removed({ digest, lastSequence: 500n });
  equal(keys.refusal({ digest, direction: "inbound", initialSequence: 0n }), undefined);
});

test("take() can be taken back: the key is as it was", () => {
  const keys = createKeyUse(new Uint8Array(32));
  const digest = keys.digest(KEY);
  const again = { digest, direction: "outbound", initialSequence: 41n } as const;
  keys.take(digest, "inbound")();
  equal(keys.refusal(again), undefined);
  keys.take(digest, "outbound");
  keys.removed({ digest, lastSequence: 41n });
  keys.take(digest, "outbound")();
  equal(keys.refusal(again), undefined);
  equal(keys.refusal({ ...again, initialSequence: 40n })?.kind, "conflict");
});

test("refusal() takes no new key at the limit, and forgets none that is known", () => {
  const keys = createKeyUse(new Uint8Array(32), 1);
  const digest = keys.digest(KEY);
  keys.take(digest, "outbound");
  keys.removed({ digest, lastSequence: 41n });
  const other = keys.digest(KEY.map((octet) => octet + 1));
  const asked = { digest: other, direction: "outbound", initialSequence: 0n } as const;
  deepEqual(keys.refusal(asked), {
    kind: "conflict",
    detail: "So many keys have been used (1) that no new one is taken until a restart",
  });
  equal(keys.refusal({ ...asked, digest })?.kind, "conflict");
  equal(keys.refusal({ ...asked, digest, initialSequence: 41n }), undefined);
});

test("ivOffset() stays for a key in the process, and is another one for others", () => {
  const one = createKeyUse(new Uint8Array(32).fill(1));
  const two = createKeyUse(new Uint8Array(32).fill(2));
  const offset = one.ivOffset(one.digest(KEY));
  equal(one.ivOffset(one.digest(KEY.slice())), offset);
  notEqual(two.ivOffset(two.digest(KEY)), offset);
  notEqual(one.ivOffset(one.digest(KEY.map((octet) => octet + 1))), offset);
  ok(offset >= 0n && offset < 2n ** 64n);
});

test("ivOffset() is spread over all of 64 bits", () => {
  const offsets = Array.from({ length: 64 }, (_, n) => {
    const keys = createKeyUse(new Uint8Array(32).fill(n));
    return keys.ivOffset(keys.digest(KEY));
  });
  for (let bit = 0n; bit < 64n; bit++) {
    const ones = offsets.filter((offset) => (offset >> bit & 1n) === 1n).length;
    ok(ones > 8 && ones < 56, `bit ${bit}: ${ones} of 64`);
  }
});

test("digest() of a key says nothing outside the process", () => {
  const one = createKeyUse(new Uint8Array(32).fill(1));
  const two = createKeyUse(new Uint8Array(32).fill(2));
  notDeepEqual(one.digest(KEY), two.digest(KEY));
  deepEqual(one.digest(KEY), one.digest(KEY.slice()));
});
