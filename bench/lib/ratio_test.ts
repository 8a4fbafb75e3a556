import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { OURS as RECORD } from "../../tests/support/bench_records.ts";
import { pairedRatio } from "./ratio.ts";
import type { BenchRecord } from "./record.ts";

const OURS: BenchRecord = { ...RECORD, ratioLow: 3, ratioHigh: 5 };
const BASELINE: BenchRecord = {
  ...OURS,
  ...{ subject: "node-crypto", ratio: 1, ratioLow: 1, ratioHigh: 1 },
};
const NOBLE: BenchRecord = {
  ...OURS,
  ...{ subject: "noble", ratio: 0.2, ratioLow: 0.125, ratioHigh: 0.25 },
};

test("pairedRatio() is the record's own ratio if the rival is the baseline", () => {
  deepEqual(pairedRatio(OURS, BASELINE), { value: 4, low: 3, high: 5 });
});

test("pairedRatio() compares through the baseline if neither is the baseline", () => {
  deepEqual(pairedRatio(OURS, NOBLE), { value: 20, low: 12, high: 40 });
  deepEqual(pairedRatio(BASELINE, NOBLE), { value: 5, low: 4, high: 8 });
});

test("pairedRatio() is undefined unless both were compared round by round", () => {
  const { ratioLow: _, ratioHigh: __, ...outsider } = NOBLE;
  equal(pairedRatio(OURS, outsider), undefined);
  equal(pairedRatio(outsider, OURS), undefined);
  equal(pairedRatio(OURS, { ...NOBLE, baseline: "noble" }), undefined);
});
