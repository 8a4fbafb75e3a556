import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { LIMIT } from "../limits.ts";
import { parseTs, type Selector } from "./ts.ts";
import { reasonOf, valueOf } from "../../../../tests/support/ike/messages.ts";

const ANY_PORT = [0, 0, 0xff, 0xff];
const TEN = [7, 0, 0, 16, ...ANY_PORT, 10, 0, 0, 0, 10, 255, 255, 255];
const V6 = [8, 17, 0, 40, ...ANY_PORT, ...new Array(16).fill(1), ...new Array(16).fill(2)];

function body(count: number, ...selectors: readonly (readonly number[])[]): Uint8Array {
  return Uint8Array.from([count, 0, 0, 0, ...selectors.flat()]);
}

function selectors(...octets: readonly (readonly number[])[]): readonly Selector[] {
  return valueOf(parseTs("tsi", body(octets.length, ...octets))).selectors;
}

test("selectors of both families are read", () => {
  const [v4, v6] = selectors(TEN, V6);
  deepEqual(v4, {
    type: 7,
    protocol: 0,
    fromPort: 0,
    toPort: 65_535,
    from: Uint8Array.of(10, 0, 0, 0),
    to: Uint8Array.of(10, 255, 255, 255),
  });
  deepEqual([v6?.type, v6?.protocol, v6?.to.length], [8, 17, 16]);
});

test("IW64: the count is that of the selectors that are there", () => {
  for (const count of [0, 1, 3, 255]) {
    equal(reasonOf(parseTs("tsi", body(count, TEN, V6))), "ts_lengths");
  }
  equal(reasonOf(parseTs("tsi", body(2, TEN, V6))), null);
  deepEqual(selectors(), []);
  for (let len = 0; len < 4; len++) {
    equal(reasonOf(parseTs("tsr", new Uint8Array(len))), "body_short");
  }
});

test("IW64: a selector is as long as its type has it", () => {
  for (const len of [0, 1, 3, 4, 15, 17, 40, 0xff]) {
    equal(reasonOf(parseTs("tsi", body(1, TEN.with(3, len)))), "ts_lengths", `${len}`);
  }
  equal(reasonOf(parseTs("tsi", body(1, TEN.with(0, 8)))), "ts_lengths");
  equal(reasonOf(parseTs("tsi", body(1, V6.with(0, 7)))), "ts_lengths");
  for (let len = 4; len < 20; len++) {
    equal(reasonOf(parseTs("tsi", body(1, TEN).subarray(0, len))), "ts_lengths", `${len}`);
  }
});

test("IW65: a selector of an unknown type, of any length, is passed over", () => {
  const unknown = [9, 0, 0, 5, 1];
  deepEqual(selectors(unknown, TEN, [200, 0, 0, 4]), selectors(TEN));
  deepEqual(selectors(unknown), []);
  equal(reasonOf(parseTs("tsi", body(1, [9, 0, 0, 3]))), "ts_lengths");
});

test("IW65: a selector that ends before it begins is passed over", () => {
  const reversed = [7, 0, 0, 16, ...ANY_PORT, 10, 0, 0, 1, 10, 0, 0, 0];
  const ports = [7, 6, 0, 16, 1, 0, 0, 1, 10, 0, 0, 0, 10, 0, 0, 0];
  deepEqual(selectors(reversed, ports, TEN), selectors(TEN));
  const single = [7, 6, 0, 16, 0, 80, 0, 80, 10, 0, 0, 0, 10, 0, 0, 0];
  equal(selectors(single).length, 1);
});

test("IW65: OPAQUE ports are no range that ends before it begins", () => {
  const opaque = [7, 1, 0, 16, 0xff, 0xff, 0, 0, 10, 0, 0, 0, 10, 0, 0, 0];
  const [selector] = selectors(opaque);
  deepEqual([selector?.fromPort, selector?.toPort], [65_535, 0]);
});

test("IW5: of very many selectors the first are read, and all are checked", () => {
  const many = new Array(255).fill(TEN);
  equal(selectors(...many).length, LIMIT.SELECTORS);
  equal(reasonOf(parseTs("tsi", body(255, ...many.slice(1)))), "ts_lengths");
});
