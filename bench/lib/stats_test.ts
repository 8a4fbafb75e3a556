import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { percentile, spreadOf } from "./stats.ts";

test("percentile() takes what lies there, whatever the order", () => {
  const samples = [50, 10, 40, 20, 30];
  deepEqual([0, 25, 50, 75, 100].map((at) => percentile(samples, at)), [10, 20, 30, 40, 50]);
  deepEqual(samples, [50, 10, 40, 20, 30]);
});

test("percentile() sorts by number, not by text", () => {
  equal(percentile([9, 10, 100], 50), 10);
});

test("percentile() interpolates between neighbours", () => {
  equal(percentile([1, 2], 50), 1.5);
  equal(percentile([0, 10], 90), 9);
  equal(percentile([7], 10), 7);
});

test("spreadOf() gives median, p10 and p90", () => {
  const samples = Array.from({ length: 11 }, (_, i) => 10 - i);
  deepEqual(spreadOf(samples), { median: 5, low: 1, high: 9 });
});

test("spreadOf() refuses no samples and samples that are not finite", () => {
  throws(() => spreadOf([]), /no samples/);
  throws(() => spreadOf([1, Number.NaN]), /a sample is NaN/);
  throws(() => spreadOf([Infinity]), /a sample is Infinity/);
});
