import assert from "node:assert/strict";
import { test } from "node:test";
import { differences, parseCount } from "./counts.ts";

test("a file of callgrind's names the operation and its count", () => {
  const text =
    "desc: Trigger: Client Request: soft aes-128-gcm seal 64\nsummary: 1\n\ntotals: 56511\n";
  assert.deepEqual(parseCount(text), { name: "soft aes-128-gcm seal 64", instructions: 56_511 });
  assert.equal(parseCount("desc: Trigger: Program termination\ntotals: 5\n"), undefined);
});

test("counts may differ by one percent, and none may be missing", () => {
  assert.deepEqual(differences({ a: 1000 }, { a: 1009 }), []);
  assert.equal(differences({ a: 1000 }, { a: 1011 }).length, 1);
  assert.equal(differences({ a: 1000 }, { a: 989 }).length, 1);
  assert.deepEqual(differences({ a: 1 }, { b: 2 }), [
    "a: recorded, but not counted",
    "b: 2 instructions, not recorded",
  ]);
});
