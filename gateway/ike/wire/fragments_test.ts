import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PAYLOAD } from "./constants.ts";
import { createFragments, type Fragments } from "./fragments.ts";
import { LIMIT } from "./limits.ts";
import { type Opened, parseInner, parseMessage } from "./message.ts";
import { parsePayload } from "./payloads/payload.ts";
import { coverMessage } from "./sealed.ts";
import type { Parsed } from "./fault.ts";
import { ivOf, testAead } from "../../../tests/support/ike/aead.ts";
import { CHAINS } from "../../../tests/support/ike/arbitraries.ts";
import {
  chainOctets,
  join,
  laterHeader,
  type Link,
  messageOf,
  rawPayloads,
  reasonOf,
  valueOf,
} from "../../../tests/support/ike/messages.ts";

const AEAD = testAead();

/** A fragment to make. */
interface Part {
  readonly number: number;
  readonly total: number;
  readonly chunk: Uint8Array;
  readonly firstType?: number;
  readonly messageId?: number;
  /** Payloads in front of SKF. */
  readonly outside?: readonly Link[];
}

/** Octets of a sealed fragment with some padding. */
function fragment(part: Part): Uint8Array {
  const { number, total, chunk, firstType = 0, messageId = 1, outside = [] } = part;
  const text = [...chunk, 0, 0, 2];
  const body = [0, number, 0, total, ...ivOf(number), ...text, ...new Uint8Array(16)];
  const octets = messageOf(laterHeader({ messageId }), [...outside, { type: PAYLOAD.SKF, body }]);
  const bodyAt = octets.length - body.length + 4;
  octets[bodyAt - 8] = firstType;
  AEAD.seal(octets.subarray(0, bodyAt), octets.subarray(bodyAt));
  return octets;
}

function add(fragments: Fragments, octets: Uint8Array, nowAt = 0): Parsed<Opened | null> {
  const message = valueOf(parseMessage(octets));
  const piece = message.sealed?.fragment;
  ok(message.sealed && piece);
  const sealed = { ...message.sealed, fragment: piece };
  return fragments.add({ message, sealed, aead: AEAD, nowAt });
}

/** Cuts octets into fragments at any places. */
function cut(octets: Uint8Array, places: readonly number[]): Part[] {
  const ends = [...places.toSorted((a, b) => a - b), octets.length];
  return ends.map((end, at) => ({
    number: at + 1,
    total: ends.length,
    chunk: octets.slice(ends[at - 1] ?? 0, end),
    firstType: at === 0 ? PAYLOAD.VENDOR : 0,
  }));
}

const PLAIN = chainOctets([{ type: PAYLOAD.VENDOR, body: [1, 2, 3, 4, 5] }]);
const PARTS = cut(PLAIN, [2, 5]);
const [FIRST, SECOND, THIRD] = PARTS.map(fragment) as [Uint8Array, Uint8Array, Uint8Array];

const ORDERS = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

test("IW81, IW83: fragments may come in any order, and the message is there with the last", () => {
  for (const order of ORDERS) {
    const fragments = createFragments();
    const results = order.map((at) => {
      const octets = [FIRST, SECOND, THIRD][at];
      ok(octets);
      return valueOf(add(fragments, octets.slice()));
    });
    deepEqual(results.slice(0, 2), [null, null]);
    deepEqual(results[2]?.plain, PLAIN);
    equal(results[2]?.firstType, PAYLOAD.VENDOR);
    ok(!fragments.isCollecting(1));
  }
});

test("IW84: a message may be cut anywhere, into empty pieces too", () => {
  const places = fc.array(fc.nat(3000), { maxLength: 10 });
  fc.assert(fc.property(CHAINS, places, (payloads, at) => {
    const raws = rawPayloads(payloads);
    const plain = chainOctets(raws);
    const parts = cut(plain, at.map((place) => Math.min(place, plain.length)));
    const fragments = createFragments();
    const firstType = raws[0]?.type ?? 0;
    const results = parts.map((part) => {
      const type = part.number === 1 ? firstType : 0;
      return valueOf(add(fragments, fragment({ ...part, firstType: type })));
    });
    const whole = results.at(-1);
    ok(whole);
    deepEqual(
      valueOf(parseInner(whole)).map((raw) => valueOf(parsePayload(raw))),
      payloads,
    );
  }));
});

test("IW81: numbers are from 1 to the total", () => {
  const chunk = Uint8Array.of(1);
  for (const [number, total] of [[0, 1], [0, 0], [2, 1], [1, 0]] as const) {
    const fragments = createFragments();
    equal(reasonOf(add(fragments, fragment({ number, total, chunk }))), "fragment_numbers");
    ok(!fragments.isCollecting(1));
  }
});

test("IW81: a wrong ICV and a copy change nothing", () => {
  const fragments = createFragments();
  equal(valueOf(add(fragments, FIRST.slice())), null);
  const broken = SECOND.slice();
  broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1;
  equal(reasonOf(add(fragments, broken)), "icv");
  equal(reasonOf(add(fragments, FIRST.slice())), "fragment_stale");
  equal(valueOf(add(fragments, SECOND.slice())), null);
  deepEqual(valueOf(add(fragments, THIRD.slice()))?.plain, PLAIN);
});

test("IW81: a smaller total is stale, a larger one begins anew once it is authentic", () => {
  const five = cut(PLAIN, [1, 2, 3, 4]).map(fragment);
  const [one, ...others] = five;
  ok(one);
  const fragments = createFragments();
  equal(valueOf(add(fragments, FIRST.slice())), null);
  equal(valueOf(add(fragments, SECOND.slice())), null);
  const forged = one.slice();
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
  equal(reasonOf(add(fragments, forged)), "icv");
  equal(valueOf(add(fragments, one.slice())), null);
  equal(reasonOf(add(fragments, THIRD.slice())), "fragment_stale");
  const results = others.map((octets) => valueOf(add(fragments, octets.slice())));
  deepEqual(results.at(-1)?.plain, PLAIN);
});

test("IW82: another message takes the place of the one before", () => {
  const fragments = createFragments();
  equal(valueOf(add(fragments, FIRST.slice())), null);
  const other = cut(PLAIN, [3]).map((part) => fragment({ ...part, messageId: 2 }));
  const results = other.map((octets) => valueOf(add(fragments, octets)));
  deepEqual(results.at(-1)?.plain, PLAIN);
});

test("IW82: the AAD of a fragment has number and total", () => {
  const fragments = createFragments();
  const octets = FIRST.slice();
  octets[33] = 2;
  equal(reasonOf(add(fragments, octets)), "icv");
});

test("IW82: fragments, their octets and their time are limited", () => {
  const chunk = new Uint8Array(1);
  const many = LIMIT.FRAGMENTS + 1;
  const fragments = createFragments();
  equal(
    reasonOf(add(fragments, fragment({ number: 1, total: many, chunk }))),
    "fragments_too_many",
  );

  const third = new Uint8Array(LIMIT.FRAGMENTS_LEN / 2);
  equal(valueOf(add(fragments, fragment({ number: 1, total: 4, chunk: third }))), null);
  equal(valueOf(add(fragments, fragment({ number: 2, total: 4, chunk: third }))), null);
  equal(reasonOf(add(fragments, fragment({ number: 3, total: 4, chunk }))), "fragments_long");
  ok(!fragments.isCollecting(1));

  equal(valueOf(add(fragments, FIRST.slice(), 0)), null);
  equal(valueOf(add(fragments, SECOND.slice(), LIMIT.FRAGMENTS_MS + 1)), null);
  equal(valueOf(add(fragments, THIRD.slice(), LIMIT.FRAGMENTS_MS + 2)), null);
  deepEqual(valueOf(add(fragments, FIRST.slice(), LIMIT.FRAGMENTS_MS + 3))?.plain, PLAIN);
});

test("IW82: what is kept does not hang on the octets that came", () => {
  const outside = [{ type: 200, body: [1, 2, 3] }];
  const parts = cut(PLAIN, [4]).map((part) => {
    return fragment(part.number === 1 ? { ...part, outside } : part);
  });
  const fragments = createFragments();
  const results = parts.map((octets) => {
    const result = valueOf(add(fragments, octets));
    octets.fill(0xee);
    return result;
  });
  deepEqual(results[1]?.plain, PLAIN);
  deepEqual(results[1]?.outside, [{ type: 200, isCritical: false, body: Uint8Array.of(1, 2, 3) }]);
});

test("IW81, IW83: what is whole is one series, however fragments come", () => {
  const pieces = fc.record({
    messageId: fc.integer({ min: 1, max: 2 }),
    total: fc.integer({ min: 1, max: 3 }),
    number: fc.nat(4),
    isForged: fc.boolean(),
  });
  fc.assert(fc.property(fc.array(pieces, { maxLength: 40 }), (series) => {
    const fragments = createFragments();
    for (const { messageId, total, number, isForged } of series) {
      const octets = fragment({
        messageId,
        total,
        number,
        chunk: Uint8Array.of(messageId, total, number),
        firstType: messageId,
      });
      if (isForged) octets.fill(0, -1).fill(1, -2, -1);
      const parsed = add(fragments, octets);
      if ("fault" in parsed || parsed.value === null) continue;
      ok(!isForged);
      const whole = Array.from({ length: total }, (_, at) => [messageId, total, at + 1]);
      deepEqual(parsed.value.plain, join(whole));
      equal(parsed.value.firstType, messageId);
    }
  }));
});

test("what AUTH covers is the same for a message that came whole and in fragments", () => {
  for (const outside of [[], [{ type: 200, body: [1, 2, 3] }, { type: 201 }]]) {
    const sk = [...outside, { type: PAYLOAD.SK }];
    const whole = messageOf(laterHeader(), sk);
    whole[whole.length - 4] = PAYLOAD.VENDOR;
    new DataView(whole.buffer).setUint16(whole.length - 2, 4 + PLAIN.length);
    new DataView(whole.buffer).setUint32(24, whole.length + PLAIN.length);

    const fragments = createFragments();
    const results = PARTS.map((part) => {
      return valueOf(add(fragments, fragment(part.number === 1 ? { ...part, outside } : part)));
    });
    ok(results[2]);
    const { a, p } = coverMessage(results[2]);
    deepEqual(join([a, p]), join([whole, PLAIN]));
  }
});
