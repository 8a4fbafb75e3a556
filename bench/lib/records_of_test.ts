import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import type { CaseResult, Sample, Setting } from "./record.ts";
import { recordLine, recordsOf } from "./records_of.ts";

const SETTING: Setting = {
  suite: "kernels",
  runtime: "deno 2.9.6",
  commit: "abc1234",
  at: "2026-11-23T12:00:00Z",
  machine: "AMD EPYC, 2 cores",
  kernel: "Linux 6.1.0",
  command: "deno run -A bench/kernels/main.ts --runs 3",
  versionOf: (subject) => subject === "culvert-wasm" ? "culvert 0.1.0" : undefined,
};

const RESULT: CaseResult = {
  case: "seal aes-128-gcm 1400",
  octets: 1400,
  unit: "octets/s",
  baseline: "node-crypto",
  samples: new Map([
    ["culvert-wasm", [{ value: 2e-6 }, { value: 3e-6 }, { value: 1e-6 }]],
    ["node-crypto", [{ value: 8e-6, cpu: 7e-6 }]],
  ]),
};

test("recordsOf() writes one record for each subject, with the ratio to the baseline", () => {
  const [ours, baseline, ...rest] = recordsOf(SETTING, RESULT);
  equal(rest.length, 0);
  ok(ours !== undefined);
  deepEqual(JSON.parse(recordLine(ours)), {
    suite: "kernels",
    case: "seal aes-128-gcm 1400",
    subject: "culvert-wasm",
    version: "culvert 0.1.0",
    runtime: "deno 2.9.6",
    octets: 1400,
    rate: 7e8,
    unit: "octets/s",
    median: 2e-6,
    low: 1.2e-6,
    high: 2.8e-6,
    runs: 3,
    baseline: "node-crypto",
    ratio: 4,
    commit: "abc1234",
    at: "2026-11-23T12:00:00Z",
    machine: "AMD EPYC, 2 cores",
    kernel: "Linux 6.1.0",
    command: "deno run -A bench/kernels/main.ts --runs 3",
  });
  equal(baseline?.version, undefined);
  deepEqual([baseline?.ratio, baseline?.cpuPerPacket, baseline?.runs], [1, 7e-6, 1]);
});

test("recordsOf() compares round by round: what slows both halfway changes no ratio", () => {
  const drifting = (value: number): Sample[] =>
    [1, 1, 1, 2, 2, 2, 2].map((slower) => ({ value: value * slower }));
  const shifted = [{ value: 4e-6 }, ...drifting(4e-6).slice(0, -1)];
  const samples = new Map([
    ["culvert-wasm" as const, drifting(1e-6)],
    ["node-crypto" as const, drifting(4e-6)],
    ["noble" as const, shifted],
  ]);
  const [ours, baseline, late] = recordsOf(SETTING, { ...RESULT, samples });
  deepEqual([ours?.ratio, ours?.ratioLow, ours?.ratioHigh], [4, 4, 4]);
  deepEqual([baseline?.ratio, baseline?.ratioLow, baseline?.ratioHigh], [1, 1, 1]);
  // `late` is slowed one round later than the others, so it differs in that round alone. The ratio
  // of the medians would be 2.
  deepEqual([late?.ratio, late?.median], [1, 4e-6]);
});

test("recordsOf() inverts ratios of times, but not of amounts", () => {
  const samples = new Map([
    ["culvert-wasm" as const, [{ value: 1 }, { value: 2 }, { value: 30 }]],
    ["node-crypto" as const, [{ value: 4 }, { value: 4 }, { value: 10 }]],
  ]);
  const of = (unit: CaseResult["unit"]): number[] =>
    recordsOf(SETTING, { ...RESULT, samples, unit }).slice(0, 1)
      .flatMap(({ ratio, ratioLow, ratioHigh }) => [ratio, ratioLow ?? 0, ratioHigh ?? 0])
      .map((ratio) => Number(ratio.toFixed(4)));
  deepEqual(of("octets/s"), [2, 0.6667, 3.6]);
  deepEqual(of("packets/s"), of("octets/s"));
  deepEqual(of("octets"), [0.5, 0.3, 2.5]);
});

test("recordsOf() compares medians if the numbers of samples differ", () => {
  const [ours, baseline] = recordsOf(SETTING, RESULT);
  deepEqual([ours?.ratio, ours?.ratioLow, ours?.ratioHigh], [4, undefined, undefined]);
  equal(baseline?.ratio, 1);
});

test("recordsOf() gives a baseline of 0 the ratio 1 to itself", () => {
  const samples = new Map([["culvert-wasm" as const, [{ value: 0 }, { value: 0 }]]]);
  const result = { ...RESULT, unit: "share" as const, baseline: "culvert-wasm" as const, samples };
  equal(recordsOf(SETTING, result)[0]?.ratio, 1);
});

test("recordsOf() knows what a sample of each unit is", () => {
  const of = (unit: CaseResult["unit"]): number | undefined =>
    recordsOf(SETTING, { ...RESULT, unit })[1]?.rate;
  equal(of("packets/s"), 1 / 8e-6);
  equal(of("octets/s"), 1400 / 8e-6);
  equal(of("octets"), 8e-6);
});

test("recordsOf() refuses a case without its baseline", () => {
  throws(() => recordsOf(SETTING, { ...RESULT, baseline: "noble" }), /baseline noble/);
});

test("recordLine() is one line, with octets and runs as they are", () => {
  const [ours] = recordsOf(SETTING, { ...RESULT, octets: 65_001 });
  ok(ours !== undefined);
  const line = recordLine(ours);
  equal(line.indexOf("\n"), line.length - 1);
  equal((JSON.parse(line) as { octets: number }).octets, 65_001);
});
