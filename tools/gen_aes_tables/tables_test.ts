import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { emitRust } from "./emit.ts";
import { affineLinear, findTower, invert, multiply } from "./field.ts";
import { deriveTables, isTowerLinear, wrongOctets } from "./tables.ts";

test("invert() inverts every octet but 0, which it keeps", () => {
  assert.equal(invert(0), 0);
  for (let a = 1; a < 256; a++) assert.equal(multiply(a, invert(a)), 1);
});

test("affineLinear() of the inverse is the S-box of FIPS 197 without 0x63", () => {
  const samples: readonly (readonly [number, number])[] = [[0, 0x63], [1, 0x7c], [0x53, 0xed], [
    0x9a,
    0xb8,
  ], [0xff, 0x16]];
  for (const [octet, expected] of samples) {
    assert.equal(affineLinear(invert(octet)) ^ 0x63, expected);
  }
});

test("findTower() gives a linear one-to-one change of basis", () => {
  assert.ok(isTowerLinear(findTower()));
});

test("wrongOctets() is empty for all 256 octets, and finds a spoilt entry", () => {
  const tower = findTower();
  const tables = deriveTables(tower);
  assert.deepEqual(wrongOctets(tower, tables), []);
  for (const name of ["inverse", "aOver", "onceU", "twiceT", "lastU"] as const) {
    const spoilt = tables[name].map((value, index) => index === 5 ? value ^ 1 : value);
    assert.notDeepEqual(wrongOctets(tower, { ...tables, [name]: spoilt }), []);
  }
});

test("emitRust() equals the committed file", () => {
  const path = new URL("../../wasm-core/src/aead/simd/tables.rs", import.meta.url);
  assert.equal(emitRust(), readFileSync(path, "utf8"));
});
