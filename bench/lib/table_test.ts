import { equal, match } from "node:assert/strict";
import { test } from "node:test";
import type { BenchRecord } from "./record.ts";
import { renderRecords } from "./table.ts";

const RECORD: BenchRecord = {
  suite: "path",
  case: "tunnel up 1400 1",
  subject: "culvert-wasm",
  runtime: "deno 2.9.6",
  octets: 1400,
  rate: 3.5e8,
  unit: "octets/s",
  median: 4e-6,
  low: 3.9e-6,
  high: 4.21e-6,
  runs: 9,
  baseline: "plain-tcp",
  ratio: 0.125,
  cpuPerPacket: 3.81e-6,
  commit: "abc1234",
  at: "2026-11-23T12:00:00Z",
  machine: "AMD EPYC, 2 cores",
};

test("renderRecords() writes one line for each record, columns in line", () => {
  const baseline: BenchRecord = { ...RECORD, subject: "plain-tcp", ratio: 1 };
  const [titles = "", ours = "", other = "", end] = renderRecords([RECORD, baseline]).split("\n");
  equal(end, "");
  match(
    ours,
    /^tunnel up 1400 1 {2}culvert-wasm +350 MB\/s +4.00 us +3.90 us +4.21 us +3.81 us +9 +0.125 x plain-tcp$/,
  );
  match(other, / 9$/);
  equal(titles.indexOf("SUBJECT"), ours.indexOf("culvert-wasm"));
});

test("renderRecords() leaves out a cost that was not measured", () => {
  const { cpuPerPacket: _, ...rest } = RECORD;
  match(renderRecords([rest]), /4.21 us {2,}9/);
});
