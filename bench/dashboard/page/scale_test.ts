import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { heightsOf, isRoomy, sizeEnds, sizeTicks, splitsBetween } from "./scale.js";

test("an axis of sizes reaches 65,000, whatever was measured", () => {
  const [low, high] = sizeEnds([1400]);
  ok(low < 64 && high > 65_000);
  deepEqual(sizeTicks([1400]), [64, 1400, 65_000]);
  deepEqual(sizeTicks([20, 64, 65_535]), [20, 64, 65_000, 65_535]);
  ok(sizeEnds([20, 65_535])[1] > 65_535);
});

test("heightsOf() takes in the spreads", () => {
  const figures = [{ value: 2, low: 1, high: 3 }, null, { value: 9, low: 8, high: 20 }];
  deepEqual(heightsOf(figures), [1, 20]);
});

test("splitsBetween() has 1, 2, 5, or decades alone where there are many", () => {
  deepEqual(splitsBetween(1, 10), [1, 2, 5, 10]);
  deepEqual(splitsBetween(1, 20_000), [1, 10, 100, 1000, 10_000]);
});

test("isRoomy() leaves out labels that would run into the next", () => {
  const places = [0, 50, 70, 200];
  deepEqual(places.map((_, index) => isRoomy(places, index)), [true, false, true, true]);
});
