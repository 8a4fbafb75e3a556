import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { pairedRatio } from "./ratio.ts";
import type { BenchRecord } from "./record.ts";

const OURS: BenchRecord = {
  suite: "kernels",
  case: "seal aes-128-gcm 1400",
  subject: "culvert-wasm",
  runtime: "deno 2.9.6",
  octets: 1400,
  rate: 7e8,
  unit: "octets/s",
  median: 2e-6,
  low: 1e-6,
  high: 4e-6,
  runs: 9,
  baseline: "node-crypto",
  ratio: 4,
  ratioLow: 3,
  ratioHigh: 5,
  commit: "abc1234",
  at: "2026-11-23T12:00:00Z",
  machine: "AMD EPYC, 2 cores",
};
const BASELINE: BenchRecord = {
  ...OURS,
  ...{ subject: "node-crypto", ratio: 1, ratioLow: 1, ratioHigh: 1 },
};
const NOBLE: BenchRecord = {
  ...OURS,
  ...{ subject: "noble", ratio: 0.2, ratioLow: 0.125, ratioHigh: 0.25 },
};

test("pairedRatio() is the record's own beside the baseline", () => {
  deepEqual(pairedRatio(OURS, BASELINE), { value: 4, low: 3, high: 5 });
});

test("pairedRatio() goes by the baseline beside anybody else", () => {
  deepEqual(pairedRatio(OURS, NOBLE), { value: 20, low: 12, high: 40 });
  deepEqual(pairedRatio(BASELINE, NOBLE), { value: 5, low: 4, high: 8 });
});

test("pairedRatio() says nothing of what was not compared round by round", () => {
  const { ratioLow: _, ratioHigh: __, ...outsider } = NOBLE;
  equal(pairedRatio(OURS, outsider), undefined);
  equal(pairedRatio(outsider, OURS), undefined);
  equal(pairedRatio(OURS, { ...NOBLE, baseline: "noble" }), undefined);
});
