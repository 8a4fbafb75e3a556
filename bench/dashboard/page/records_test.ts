import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { OURS, PING, RIVAL, STAGE } from "../../../tests/support/bench_records.ts";
import {
  changeOf,
  commandOf,
  cpuOf,
  figureOf,
  isTime,
  place,
  ratioOf,
  runsOf,
  stageOf,
  versionsOf,
  whatOf,
} from "./records.js";

test("ratioOf() spans from the worst of ours to the worst of theirs", () => {
  const { value, low, high } = ratioOf(OURS, RIVAL);
  deepEqual([value, low, high].map((ratio) => Number(ratio.toFixed(6))), [4, 1.5, 10]);
});

test("ratioOf() prefers ratios that were taken round by round", () => {
  const ours = { ...OURS, ratio: 3, ratioLow: 2.5, ratioHigh: 3.5 };
  const rival = { ...RIVAL, ratio: 1, ratioLow: 1, ratioHigh: 1 };
  deepEqual(ratioOf(ours, rival), { value: 3, low: 2.5, high: 3.5 });
  equal(ratioOf(ours, RIVAL).value, 4);
});

test("whatOf() leaves out the octets alone", () => {
  equal(whatOf(OURS), "seal aes-128-gcm");
  equal(whatOf(PING), "ping/p99 idle 1");
  equal(whatOf({ ...OURS, case: "tunnel up 64 64", octets: 64 }), "tunnel up 64");
  equal(whatOf({ ...OURS, case: "memory core 0 2000", octets: 0 }), "memory core 2000");
});

test("stageOf() finds the stages of paths and nothing else", () => {
  deepEqual(stageOf(STAGE), { path: "tunnel up 1400 1", stage: "aead" });
  equal(stageOf({ ...STAGE, case: "tunnel up 1400 1" }), undefined);
  equal(stageOf({ ...STAGE, suite: "wire" }), undefined);
  equal(stageOf(PING), undefined);
  for (const name of ["tunnel/sender up 1400 1", "tunnel/receiver up 1400 1"]) {
    equal(stageOf({ ...OURS, suite: "wire", case: name }), undefined);
    equal(stageOf({ ...OURS, suite: "path", case: name }), undefined);
  }
});

test("figureOf() is a time where a rate would mean nothing", () => {
  const trips = ["latency idle 200 1", "ike/p99 flooded 200 2"].map((name) => ({
    ...STAGE,
    case: name,
  }));
  const storm = { ...STAGE, case: "connect storm 64 9900" };
  deepEqual([STAGE, PING, ...trips].map(isTime), [true, true, true, true]);
  deepEqual([OURS, storm].map(isTime), [false, false]);
  deepEqual(figureOf(PING), { value: 3e-4, low: 2e-4, high: 4e-4 });
  equal(figureOf(OURS).value, OURS.rate);
});

test("cpuOf() is null if it was not measured", () => {
  equal(cpuOf(OURS), null);
  deepEqual(cpuOf({ ...OURS, cpuPerPacket: 3e-6 }), { value: 3e-6, low: 3e-6, high: 3e-6 });
});

test("changeOf() reports a change only if the spreads lie apart", () => {
  equal(changeOf(OURS, RIVAL).verdict, "faster");
  equal(changeOf(RIVAL, OURS).verdict, "slower");
  equal(changeOf(OURS, { ...RIVAL, low: 3e-6 }).verdict, "within the spread");
  equal(changeOf(OURS, RIVAL).ratio, 4);
  const [busy, busier] = [{ ...OURS, unit: "share" as const }, {
    ...RIVAL,
    unit: "share" as const,
  }];
  deepEqual(changeOf(busy, busier), { ratio: 0.25, verdict: "smaller" });
});

test("runsOf() has the latest run first", () => {
  const later = { ...OURS, at: "2026-11-24T12:00:00Z" };
  const runs = runsOf(place([{ name: "kernels.jsonl", records: [OURS, RIVAL, later] }]));
  deepEqual(runs.map(({ first, records }) => [first.line, records.length]), [[3, 1], [1, 2]]);
});

test("commandOf() is the command of the record, or a guess that is marked as one", () => {
  const command = "deno run -A bench/path/main.ts --only 'tunnel up' --packets 7";
  const side = { ...OURS, suite: "wire" as const, case: "tunnel/sender up 1400 1" };
  const bun = { ...OURS, runtime: "bun 1.4.5" };
  const records = [{ ...OURS, command }, STAGE, side, PING, bun];
  const commands = place([{ name: "x.jsonl", records }]).map((record) =>
    commandOf(record, [record])
  );
  deepEqual(commands.map(({ isGuess, command }) => [isGuess, command]), [
    [false, command],
    [true, "deno run -A bench/path/main.ts --only 'tunnel/stages up 1400 1' --runs 9"],
    [true, "deno run -A bench/wire/main.ts --only 'tunnel up 1400 1' --runs 9"],
    [true, "deno run -A bench/wire/main.ts --only 'ping idle 84 1' --runs 9"],
    [true, "bun bench/kernels/main.ts --only 'seal aes-128-gcm 1400' --runs 9"],
  ]);
});

test("versionsOf() has the versions that records hold", () => {
  deepEqual([...versionsOf([OURS, RIVAL])], [["node-crypto", "deno 2.9.6"]]);
});
