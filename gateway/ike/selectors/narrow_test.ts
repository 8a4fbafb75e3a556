import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { address, prefix } from "../../../tests/support/parsed.ts";
import type { Prefix } from "../../model/prefix.ts";
import { isInside, narrow, type OfferedSelector, SIDE_MAX } from "./narrow.ts";
import { merged, prefixesOf, spanOf, spanOfPrefix } from "./ranges.ts";

test("a selector inside the policy stays, a wider one is cut", () => {
  assert.deepEqual(texts([any("10.93.64.7", "10.93.64.7")], ["0.0.0.0/0"]), ["10.93.64.7/32"]);
  assert.deepEqual(texts([any("0.0.0.0", "255.255.255.255")], ["10.0.0.0/8"]), ["10.0.0.0/8"]);
  assert.deepEqual(texts([any("::", ONES_V6)], ["2001:db8::/64"]), ["2001:db8::/64"]);
});

test("nothing in common is refused, and so is the other family", () => {
  assert.equal(narrow([any("192.0.2.0", "192.0.2.255")], [prefix("10.0.0.0/8")]), undefined);
  assert.equal(narrow([any("0.0.0.0", "255.255.255.255")], [prefix("::/0")]), undefined);
  assert.equal(narrow([], [prefix("::/0")]), undefined);
  assert.equal(narrow([any("10.0.0.0", "10.0.0.255")], []), undefined);
});

test("both families may stand in one offer", () => {
  const offer = [any("0.0.0.0", "255.255.255.255"), any("::", ONES_V6)];
  assert.deepEqual(texts(offer, ["10.0.0.0/8", "2001:db8::/32"]), ["10.0.0.0/8", "2001:db8::/32"]);
  assert.deepEqual(texts(offer, ["2001:db8::/32"]), ["2001:db8::/32"]);
});

test("a range that is no prefix is split", () => {
  assert.deepEqual(texts([any("10.0.0.1", "10.0.0.6")], ["10.0.0.0/8"]), [
    "10.0.0.1/32",
    "10.0.0.2/31",
    "10.0.0.4/31",
    "10.0.0.6/32",
  ]);
});

test("a selector with a protocol or ports is never widened", () => {
  const packet = { ...any("10.0.0.1", "10.0.0.1"), protocol: 6, fromPort: 443, toPort: 443 };
  const opaque = { ...any("10.0.0.1", "10.0.0.1"), fromPort: 65_535, toPort: 0 };
  for (const selector of [packet, opaque, { ...any("10.0.0.1", "10.0.0.1"), protocol: 1 }]) {
    assert.equal(narrow([selector], [prefix("10.0.0.0/8")]), undefined);
  }
  assert.deepEqual(texts([packet, any("10.0.0.0", "10.0.0.255")], ["10.0.0.0/8"]), ["10.0.0.0/24"]);
});

test("a selector from high to low is passed over", () => {
  const backwards = any("10.0.0.9", "10.0.0.1");
  assert.equal(narrow([backwards], [prefix("0.0.0.0/0")]), undefined);
  assert.deepEqual(texts([backwards, any("10.0.0.1", "10.0.0.1")], ["0.0.0.0/0"]), ["10.0.0.1/32"]);
});

test("of too many prefixes those of the first packet stay, then the largest", () => {
  const packet = { ...any("10.0.0.1", "10.0.0.1"), protocol: 17, fromPort: 53, toPort: 53 };
  const narrowed = narrow([packet, any("10.0.0.1", "10.255.255.254")], [prefix("10.0.0.0/8")]);
  assert.equal(narrowed?.prefixes.length, SIDE_MAX);
  assert.ok(narrowed?.hasMore);
  assert.equal(narrowed?.prefixes[0]?.text, "10.0.0.1/32");
  assert.equal(narrowed?.prefixes[1]?.text, "10.64.0.0/10");
});

test("IPv4-mapped addresses are IPv6 addresses here", () => {
  const mapped = any("::ffff:192.0.2.1", "::ffff:192.0.2.1");
  assert.deepEqual(texts([mapped], ["::/0"]), ["::ffff:c000:201/128"]);
  assert.equal(narrow([mapped], [prefix("0.0.0.0/0")]), undefined);
});

const OCTET = fc.integer({ min: 0, max: 255 });

test("the result is what a set of addresses says", () => {
  // A space of 256 addresses, 10.0.0.0/24: every address is tried.
  const selector = fc.tuple(OCTET, OCTET).map(([a, b]) => any(`10.0.0.${a}`, `10.0.0.${b}`));
  const allowed = fc.tuple(OCTET, fc.integer({ min: 24, max: 32 }))
    .map(([last, bits]) => prefix(`10.0.0.${last & (0xff << (32 - bits))}/${bits}`));
  fc.assert(
    fc.property(
      fc.array(selector, { maxLength: 6 }),
      fc.array(allowed, { maxLength: 4 }),
      (offer, policy) => {
        const wanted = ADDRESSES.filter((at) => isOffered(offer, at) && isIn(policy, at));
        const narrowed = narrow(offer, policy);
        const held = ADDRESSES.filter((at) => isIn(narrowed?.prefixes ?? [], at));
        assert.ok((narrowed?.prefixes.length ?? 0) <= SIDE_MAX);
        if (narrowed?.hasMore === true) assert.ok(held.every((at) => wanted.includes(at)));
        else assert.deepEqual(held, wanted);
      },
    ),
  );
});

test("spans are merged and cut into the fewest prefixes, in both families", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(OCTET, OCTET), { maxLength: 5 }),
      fc.constantFrom("10.0.0.", "2001:db8::"),
      (pairs, head) => {
        const spans = pairs.map(([a, b]) =>
          spanOf(octets(head, Math.min(a, b)), octets(head, Math.max(a, b)))
        ).filter((span) => span !== undefined);
        const parts = merged(spans);
        const prefixes = parts.flatMap(prefixesOf);
        const again = merged(prefixes.map(spanOfPrefix));
        assert.deepEqual(again, parts);
        for (const [i, part] of parts.entries()) {
          const next = parts[i + 1];
          assert.ok(next === undefined || next.first > part.last + 1n);
        }
      },
    ),
  );
});

const ADDRESSES = [...Array(256).keys()];

function octets(head: string, last: number): Uint8Array {
  return address(`${head}${head.includes(":") ? last.toString(16) : last}`).octets;
}

function isOffered(offer: readonly OfferedSelector[], at: number): boolean {
  return offer.some(({ from, to }) => (from[3] ?? 0) <= at && at <= (to[3] ?? 0));
}

function isIn(prefixes: readonly Prefix[], at: number): boolean {
  return prefixes.some(({ octets, bits }) => (octets[3] ?? 0) === (at & (0xff << (32 - bits))));
}

const ONES_V6 = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";

function texts(offer: readonly OfferedSelector[], policy: readonly string[]): string[] | undefined {
  return narrow(offer, policy.map(prefix))?.prefixes.map(({ text }) => text);
}

/** A selector of all traffic. */
function any(first: string, last: string): OfferedSelector {
  return {
    protocol: 0,
    fromPort: 0,
    toPort: 65_535,
    from: address(first).octets,
    to: address(last).octets,
  };
}

test("an answer is inside the offer, or it is refused", () => {
  const offered = [prefix("10.0.0.0/25"), prefix("10.0.0.128/25"), prefix("2001:db8::/64")];
  assert.ok(isInside([any("10.0.0.0", "10.0.0.255")], offered));
  assert.ok(isInside([any("10.0.0.7", "10.0.0.7"), any("2001:db8::1", "2001:db8::2")], offered));
  assert.ok(!isInside([any("10.0.0.0", "10.0.1.0")], offered));
  assert.ok(!isInside([any("10.0.0.7", "10.0.0.7"), any("192.0.2.1", "192.0.2.1")], offered));
  assert.ok(!isInside([{ ...any("10.0.0.7", "10.0.0.7"), protocol: 6 }], offered));
});
