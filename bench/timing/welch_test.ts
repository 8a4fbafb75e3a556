import assert from "node:assert/strict";
import { test } from "node:test";
import { largestT } from "./welch.ts";

/** Deterministic noise between 0 and 1. */
function noise(n: number): number {
  const x = Math.sin(n + 1) * 10_000;
  return x - Math.floor(x);
}

test("classes of one distribution have a small t", () => {
  const times = Array.from({ length: 20_000 }, (_, n) => 100 + noise(n));
  const t = largestT({
    first: times.filter((_, n) => n % 2 === 0),
    second: times.filter((_, n) => n % 2 === 1),
  });
  assert.ok(t < 4.5, `${t}`);
});

test("a small difference shows through large outliers", () => {
  const first = Array.from({ length: 10_000 }, (_, n) => 100 + noise(n) + (n % 50 === 0 ? 1e5 : 0));
  const second = first.map((time, n) => time + 0.1 + noise(n) / 1000);
  assert.ok(largestT({ first, second }) > 10);
});

test("too few samples say nothing", () => {
  assert.equal(largestT({ first: [1, 2, 3], second: [9, 9, 9] }), 0);
});

test("two classes with one constant time have a t of 0", () => {
  for (let n = 0; n < 300; n++) {
    const time = noise(n) / 10_000;
    const [first, second] = [500 + n, 700].map((count) => Array<number>(count).fill(time));
    assert.equal(largestT({ first: first ?? [], second: second ?? [] }), 0);
  }
});
