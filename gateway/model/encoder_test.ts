import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
import { objectEncoder } from "./encoder.ts";
import { SHOWN_SPI } from "./spi.ts";
import { SHOWN_U64 } from "./u64.ts";

const SHAPE = {
  text: z.string(),
  count: z.int().nonnegative(),
  isOn: z.boolean(),
  name: z.enum(["a", "b"]),
  spi: SHOWN_SPI,
  number: SHOWN_U64.meta({ description: "with words" }),
  spis: z.array(SHOWN_SPI).readonly(),
  lists: z.array(z.array(SHOWN_U64)),
  maybeText: z.string().nullable(),
  maybeSpi: SHOWN_SPI.nullable(),
  /** None of the kinds that are written without a check. */
  inside: z.object({ number: SHOWN_U64 }),
};

const VALUE = {
  text: "x",
  count: 1,
  isOn: true,
  name: "b" as const,
  spi: 0x1ff,
  number: 2n ** 64n - 1n,
  spis: [0x100, 0x101],
  lists: [[1n], []],
  maybeText: null,
  maybeSpi: 0x100,
  inside: { number: 2n ** 53n },
};

test("objectEncoder() writes what z.encode() does, in the order of the members", () => {
  const encode = objectEncoder(SHAPE);
  for (const value of [VALUE, { ...VALUE, maybeSpi: null, maybeText: "y" }]) {
    const expected = z.encode(z.object(SHAPE), value);
    deepEqual(encode(value), expected);
    equal(JSON.stringify(encode(value)), JSON.stringify(expected));
  }
});

test("objectEncoder() leaves out members that it does not know, and changes no value", () => {
  const encode = objectEncoder({ text: z.string(), spis: SHAPE.spis });
  const value = { ...VALUE, keyMaterial: new Uint8Array(4) };
  deepEqual(encode(value), { text: "x", spis: ["0x00000100", "0x00000101"] });
  deepEqual(value.spis, [0x100, 0x101]);
});
