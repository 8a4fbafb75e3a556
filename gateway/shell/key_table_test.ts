import { deepEqual, equal, notEqual, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { createKeyTable, KEYS_MAX } from "./key_table.ts";

/** A digest that differs for each `n`, in the words that choose no place too. */
function digestOf(n: number): Uint32Array {
  return new Uint32Array([Math.imul(n, 0x9e37_79b1), n, 7, 7]);
}

test("add() and find() keep each key apart, through every growth", () => {
  const table = createKeyTable(5_000);
  for (let n = 0; n < 5_000; n++) {
    const slot = table.add(digestOf(n));
    table.setFlags(slot, n & 3);
    table.setNumber(slot, 2n ** 64n - 1n - BigInt(n));
  }
  for (let n = 0; n < 5_000; n++) {
    const slot = table.find(digestOf(n));
    deepEqual([table.flags(slot), table.number(slot)], [n & 3, 2n ** 64n - 1n - BigInt(n)]);
  }
  equal(table.find(digestOf(5_000)), -1);
  ok(table.isFull());
  throws(() => table.add(digestOf(5_000)), RangeError);
});

test("add() finds a place for digests that want the same one", () => {
  const table = createKeyTable(10);
  const digests = [1, 2, 3].map((n) => new Uint32Array([0xffff_ffff, 0, 0, n]));
  const slots = digests.map((digest) => table.add(digest));
  equal(new Set(slots).size, 3);
  deepEqual(digests.map((digest) => table.find(digest)), slots);
});

test("takeBack() of the newest key leaves the others to be found", () => {
  const table = createKeyTable(2);
  const slot = table.add(digestOf(1));
  const [first, second] = [new Uint32Array([1, 0, 0, 1]), new Uint32Array([1, 0, 0, 2])];
  notEqual(slot, table.add(first));
  ok(table.isFull());
  table.takeBack(first);
  equal(table.find(first), -1);
  ok(!table.isFull());
  table.add(second);
  notEqual(table.find(second), -1);
  equal(table.find(digestOf(1)), slot);
});

test("a full table has no more slots than it needs", () => {
  const max = KEYS_MAX / 64;
  const table = createKeyTable(max);
  for (let n = 0; n < max; n++) table.add(digestOf(n));
  ok(table.isFull());
  equal(table.octets(), 2 ** 17 * 25);
});
