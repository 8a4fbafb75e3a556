// The figures that the sections of the page compute from records, tested without a page.

import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { OURS, PING, RIVAL, STAGE } from "../../../tests/support/bench_records.ts";
import { pastOf } from "./history.js";
import { instructionsAnchor, operationsOf } from "./instructions.js";
import { rivalsOf, viewOf } from "./ratios.js";
import { sourceOf } from "./record_dialog.js";
import { place, runsOf } from "./records.js";
import { waysOf } from "./stages.js";

const LATER = { at: "2026-11-25T12:00:00Z", commit: "def5678" };
const [SAMPLE] = place([{ name: "x.jsonl", records: [OURS] }]);
const [PINGED] = place([{ name: "x.jsonl", records: [PING] }]);

test("pastOf() has ours beside each rival, run after run", () => {
  const noble = { ...RIVAL, subject: "noble" as const };
  const records = [OURS, RIVAL, { ...OURS, ...LATER }, { ...RIVAL, ...LATER }, {
    ...noble,
    ...LATER,
  }];
  const runs = runsOf(place([{ name: "kernels.jsonl", records }]));
  const choice = { name: OURS.case, ours: "culvert-wasm", measure: "ratio" };
  const shown = (measure: string): unknown =>
    pastOf(runs, { ...choice, measure }).map(({ run, points }) => [
      run.first.commit,
      ...points.map(({ label, figure }) => `${label} ${Math.round(figure.value)}`),
    ]);
  deepEqual(shown("ratio"), [
    ["abc1234", "node-crypto 4"],
    ["def5678", "node-crypto 4", "noble 4"],
  ]);
  deepEqual(shown("figure"), [
    ["abc1234", "culvert-wasm 700000000", "node-crypto 175000000"],
    ["def5678", "culvert-wasm 700000000", "node-crypto 175000000", "noble 175000000"],
  ]);
  deepEqual(pastOf(runs, { ...choice, name: "open aes-128-gcm 1400" }), []);
});

test("pastOf() keeps machines and runtimes apart", () => {
  const records = [OURS, { ...OURS, ...LATER, machine: "Other, 4 cores" }];
  const runs = runsOf(place([{ name: "kernels.jsonl", records }]));
  const choice = { name: OURS.case, ours: "culvert-wasm", measure: "figure" };
  deepEqual(pastOf(runs, choice).flatMap(({ points }) => points.map(({ label }) => label)), [
    "culvert-wasm, deno 2.9.6, AMD EPYC, 2 cores",
    "culvert-wasm, deno 2.9.6, Other, 4 cores",
  ]);
});

test("waysOf() adds up the stages of each subject by itself", () => {
  const native = { subject: "culvert-native" as const, median: 1e-6 };
  const read = { ...STAGE, case: "tunnel/tcp-read up 1400 1", median: 5e-6 };
  const records = [STAGE, read, { ...STAGE, ...native }, OURS, PING];
  const ways = waysOf(place([{ name: "x.jsonl", records }]));
  const micros = (seconds: number): number => Math.round(seconds * 1e6);
  deepEqual(ways.map(({ path, subject, total, of }) => [path, subject, micros(total), of.size]), [
    ["tunnel up 1400 1", "culvert-wasm", 7, 2],
    ["tunnel up 1400 1", "culvert-native", 1, 1],
  ]);
});

test("viewOf() shows round trips in ms, whatever is asked", () => {
  equal(viewOf("rate", PINGED).title, "Round trip");
  equal(viewOf("rate", PINGED).text(0.0012), "1.20 ms");
  equal(viewOf("rate", SAMPLE).text(7e8), "700 MB/s");
  equal(viewOf("cpu", SAMPLE).title, "Processor time of one packet");
  equal(viewOf("ratio", SAMPLE).text(4), "4.00×");
});

test("rivalsOf() are those of the same cases", () => {
  const other = { ...RIVAL, subject: "noble" as const, case: "open aes-128-gcm 64" };
  deepEqual(rivalsOf(place([{ name: "x", records: [OURS, RIVAL, other] }]), "culvert-wasm"), [
    "node-crypto",
  ]);
});

const COUNTS = { "soft a open 64": 9, "soft a open 1400": 99, "soft a install": 5 };

test("operationsOf() has a row for each operation", () => {
  const { sizes, rows } = operationsOf(COUNTS);
  deepEqual(sizes, [64, 1400]);
  deepEqual([...rows].map(([name, of]) => [name, [...of.keys()]]), [
    ["soft a open", [64, 1400]],
    ["soft a install", [0]],
  ]);
});

test("sourceOf() finds the record or the count behind a number", () => {
  const runs = runsOf(place([{ name: "local/x.jsonl", records: [OURS, RIVAL] }]));
  const instructions = { rustc: "rustc 1.95.0", target: "x86_64", counts: COUNTS };
  const record = sourceOf("#local/x.jsonl:2", runs, instructions);
  deepEqual([record?.title, record?.place], ["seal aes-128-gcm 1400, node-crypto", "line 2"]);
  deepEqual(record?.json, RIVAL);
  const count = sourceOf(instructionsAnchor("soft a open 64"), runs, instructions);
  deepEqual(count?.json, { rustc: "rustc 1.95.0", target: "x86_64", "soft a open 64": 9 });
  equal(sourceOf("#x.jsonl:3", runs, instructions), undefined);
  equal(sourceOf("", runs, null), undefined);
});
