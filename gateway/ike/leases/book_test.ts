import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { address, prefix } from "../../../tests/support/parsed.ts";
import type { IpAddress } from "../../model/address.ts";
import type { Prefix } from "../../model/prefix.ts";
import { createLeaseBook, type Lease, type Pool } from "./book.ts";

test("addresses are given out in order, without network and broadcast", () => {
  const pool = createPool([prefix("10.93.64.0/30"), prefix("10.93.65.8/31")], []);
  assert.deepEqual(["a", "b", "c", "d", "e"].map((who) => take(pool, who)), [
    "10.93.64.1",
    "10.93.64.2",
    "10.93.65.8",
    "10.93.65.9",
    undefined,
  ]);
  assert.equal(pool.inUse(), 4);
});

test("IPv6 leaves out the first address only, and a prefix of one address has one", () => {
  const pool = createPool([prefix("2001:db8::/127"), prefix("2001:db8::8/126")], []);
  assert.deepEqual([take(pool, "a"), take(pool, "b"), take(pool, "c")], [
    "2001:db8::",
    "2001:db8::1",
    "2001:db8::9",
  ]);
  const one = createPool([prefix("192.0.2.7/32")], []);
  assert.deepEqual([take(one, "a"), take(one, "b")], ["192.0.2.7", undefined]);
});

test("reserved addresses are nobody's", () => {
  const pool = createPool([prefix("10.93.64.0/30")], [address("10.93.64.1")]);
  assert.deepEqual([take(pool, "a"), take(pool, "b")], ["10.93.64.2", undefined]);
  assert.equal(take(createPool([prefix("10.93.64.0/30")], []), "c", "10.93.64.2"), "10.93.64.2");
});

test("an identity that comes back gets the address that it had", () => {
  const pool = createPool([prefix("10.93.64.0/29")], []);
  assert.equal(take(pool, "a"), "10.93.64.1");
  assert.equal(take(pool, "b"), "10.93.64.2");
  pool.release(address("10.93.64.1"));
  assert.equal(take(pool, "c"), "10.93.64.3");
  assert.equal(take(pool, "a", "10.93.64.5"), "10.93.64.1");
});

test("when nothing else is left, the address goes that has waited longest", () => {
  const pool = createPool([prefix("10.93.64.0/30")], []);
  for (const who of ["a", "b"]) take(pool, who);
  pool.release(address("10.93.64.2"));
  pool.release(address("10.93.64.1"));
  assert.equal(take(pool, "c"), "10.93.64.2");
  assert.equal(take(pool, "b"), "10.93.64.1");
  assert.equal(take(pool, "a"), undefined);
});

test("a wish is granted only inside the pool and to nobody's harm", () => {
  const pool = createPool([prefix("10.93.64.0/29")], [address("10.93.64.6")]);
  take(pool, "a", "10.93.64.4");
  pool.release(address("10.93.64.4"));
  const wishes = ["10.93.64.4", "10.93.64.6", "10.93.64.7", "10.93.64.0", "192.0.2.1", "::5"];
  const given = wishes.map((wish, i) => take(pool, `b${i}`, wish));
  assert.deepEqual(given.slice(0, 4), ["10.93.64.1", "10.93.64.2", "10.93.64.3", "10.93.64.5"]);
  // Only the address that waits for its identity is left, and then none.
  assert.deepEqual(given.slice(4), ["10.93.64.4", undefined]);
});

test("an identity with two devices has two addresses, and keeps the one released last", () => {
  const pool = createPool([prefix("10.93.64.0/29")], []);
  assert.deepEqual([take(pool, "a"), take(pool, "a")], ["10.93.64.1", "10.93.64.2"]);
  pool.release(address("10.93.64.2"));
  pool.release(address("10.93.64.1"));
  pool.release(address("10.93.64.1"));
  assert.equal(take(pool, "a"), "10.93.64.1");
  assert.equal(pool.inUse(), 1);
});

test("an empty pool gives nothing", () => {
  assert.equal(take(createPool([], []), "a"), undefined);
});

test("no address has two holders, and a full pool is used to the last one", () => {
  const step = fc.record({
    who: fc.integer({ min: 0, max: 11 }),
    releases: fc.boolean(),
    wish: fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const pool = createPool([prefix("10.93.64.0/29"), prefix("10.93.64.8/31")], []);
      const held = new Map<number, string[]>();
      for (const { who, releases, wish } of steps) {
        const mine = held.get(who) ?? [];
        held.set(who, mine);
        const all = [...held.values()].flat();
        const last = releases ? mine.pop() : undefined;
        if (last !== undefined) pool.release(address(last));
        else {
          const given = take(pool, `${who}`, wish === undefined ? wish : `10.93.64.${wish}`);
          if (given === undefined) assert.equal(all.length, 8);
          else {
            assert.ok(!all.includes(given), given);
            mine.push(given);
          }
        }
        assert.equal(pool.inUse(), [...held.values()].flat().length);
      }
    }),
  );
});

function take(pool: Pool, identity: string, wish?: string): string | undefined {
  const asked = wish === undefined ? { identity } : { identity, wish: address(wish) };
  return pool.take(asked)?.text;
}

test("pools that overlap give no address out twice", () => {
  const book = createLeaseBook({ reserved: [] });
  const [wide, narrow] = ["10.93.64.0/29", "10.93.64.0/30"].map((text) =>
    book.pool([prefix(text)])
  );
  assert.ok(wide !== undefined && narrow !== undefined);
  assert.equal(book.pool([prefix("10.93.64.0/29")]), wide);
  assert.deepEqual([take(narrow, "a"), take(wide, "b"), take(narrow, "c")], [
    "10.93.64.1",
    "10.93.64.2",
    undefined,
  ]);
  assert.deepEqual([narrow.inUse(), wide.inUse(), narrow.size, wide.size], [2, 2, 2n, 6n]);
});

test("an address that was leased before the start waits for its identity", () => {
  const known = [
    { identity: "b", address: address("10.93.64.1") },
    { identity: "b", address: address("2001:db8::9") },
    { identity: "c", address: address("10.93.64.2") },
  ];
  const told: Lease[] = [];
  const onLease = (lease: Lease): void => void told.push(lease);
  const book = createLeaseBook({ reserved: [address("10.93.64.2")], known, onLease });
  const pool = book.pool([prefix("10.93.64.0/29")]);
  assert.deepEqual([take(pool, "c"), take(pool, "a"), take(pool, "b")], [
    "10.93.64.3",
    "10.93.64.4",
    "10.93.64.1",
  ]);
  assert.equal(take(book.pool([prefix("2001:db8::/64")]), "b"), "2001:db8::9");
  assert.deepEqual(told.map((lease) => `${lease.identity} ${lease.address.text}`), [
    "c 10.93.64.3",
    "a 10.93.64.4",
  ]);
});

test("an identity that moves to another pool gets an address of that pool", () => {
  const book = createLeaseBook({ reserved: [] });
  const [first, second] = ["10.93.64.0/29", "10.93.65.0/29"].map((text) =>
    book.pool([prefix(text)])
  );
  assert.ok(first !== undefined && second !== undefined);
  assert.equal(take(first, "a"), "10.93.64.1");
  first.release(address("10.93.64.1"));
  assert.equal(take(second, "a"), "10.93.65.1");
  assert.equal(take(first, "b"), "10.93.64.2", "the one that waits is not free");
});

function createPool(prefixes: readonly Prefix[], reserved: readonly IpAddress[]): Pool {
  return createLeaseBook({ reserved }).pool(prefixes);
}

test("a full pool gives out what nobody waits for any more, and is not searched again", {
  timeout: 60_000,
}, () => {
  const pool = createPool([prefix("10.0.0.0/16")], []);
  const all = Array.from({ length: 65_534 }, (_, i) => take(pool, `client ${i}`) ?? "");
  assert.equal(take(pool, "one more"), undefined);
  // A device of an identity that keeps another address gives its own up for others.
  for (const text of [all[7], all[9]]) pool.release(address(text ?? ""));
  assert.equal(take(pool, "client 7"), all[7]);
  assert.equal(take(pool, "two more"), all[9]);
  for (let i = 0; i < 2000; i++) assert.equal(take(pool, `stranger ${i}`), undefined);
});
