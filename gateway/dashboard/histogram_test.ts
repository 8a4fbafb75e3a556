import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { countsBetween, quantileBound, usedRange } from "./histogram.js";

const BOUNDS = [1, 2, 5];

function histogram(...counts: number[]): { bounds: number[]; counts: number[]; sum: number } {
  return { bounds: BOUNDS, counts, sum: 0 };
}

test("countsBetween() subtracts, and takes a counter that went back as new", () => {
  deepEqual(countsBetween(undefined, histogram(1, 2, 3, 4)), [1, 2, 3, 4]);
  deepEqual(countsBetween(histogram(1, 2, 3, 4), histogram(5, 2, 4, 1)), [4, 0, 1, 1]);
});

test("quantileBound() returns the upper bound of the quantile's bucket", () => {
  const counts = [50, 40, 9, 1];
  deepEqual([0.5, 0.51, 0.9, 0.99, 1].map((part) => quantileBound(BOUNDS, counts, part)), [
    1,
    2,
    2,
    5,
    Infinity,
  ]);
  equal(quantileBound(BOUNDS, [0, 0, 0, 0], 0.5), undefined);
});

test("usedRange() leaves one empty bucket on either side", () => {
  equal(usedRange([0, 0]), undefined);
  deepEqual(usedRange([0, 0, 3, 0, 0]), [1, 3]);
  deepEqual(usedRange([3, 0, 1]), [0, 2]);
});
