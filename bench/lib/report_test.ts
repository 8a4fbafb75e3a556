import { deepEqual, equal, match, throws } from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { CaseResult } from "./record.ts";
import { openProgress } from "./progress.ts";
import { openReport, parseBenchArgs, type ReportOutputs } from "./report.ts";
import { settingOf } from "./setting.ts";

const RESULT: CaseResult = {
  case: "open aes-128-gcm 64",
  octets: 64,
  unit: "octets/s",
  baseline: "noble",
  samples: new Map([["noble", [{ value: 1e-6 }]], ["webcrypto", [{ value: 2e-6 }]]]),
};

test("parseBenchArgs() knows the shared flags", () => {
  const none = {
    isJson: false,
    isProgressAsked: false,
    only: "",
    isNoneAllowed: false,
    runs: 9,
    out: undefined,
    further: {},
  };
  deepEqual(parseBenchArgs([], { runs: 9 }), none);
  const args = [
    "--json",
    "--progress",
    "--only",
    "seal",
    "--if-any",
    "--runs",
    "3",
    "--out",
    "x.jsonl",
  ];
  deepEqual(parseBenchArgs(args, { runs: 9 }), {
    isJson: true,
    isProgressAsked: true,
    only: "seal",
    isNoneAllowed: true,
    runs: 3,
    out: "x.jsonl",
    further: {},
  });
});

test("parseBenchArgs() takes a program's own flags", () => {
  const defaults = { runs: 9, further: { connections: "1", packets: "10" } };
  const { further } = parseBenchArgs(["--connections", "7"], defaults);
  deepEqual(further, { connections: "7", packets: "10" });
});

test("parseBenchArgs() refuses what it does not know", () => {
  throws(() => parseBenchArgs(["--fast"], { runs: 9 }), TypeError);
  for (const runs of ["0", "1.5", "many"]) {
    throws(() => parseBenchArgs(["--runs", runs], { runs: 9 }), RangeError);
  }
});

test("openReport() prints a table, or one JSON object a line", () => {
  const folder = mkdtempSync(join(tmpdir(), "culvert-bench-"));
  try {
    const out = join(folder, "out.jsonl");
    const printed: string[] = [];
    const options = parseBenchArgs(["--out", out], { runs: 1 });
    const report = openReport(settingOf("kernels"), options, collected(printed));
    report.progress.expect(1);
    report.progress.begin(RESULT.case);
    report.add(RESULT);
    match(
      printed.join(""),
      /^kernels: .+\n1 of 1: open aes-128-gcm 64\n\nCASE +SUBJECT .*\nopen aes-128-gcm 64 +noble /,
    );
    const kept = readFileSync(out, "utf8");

    const lines: string[] = [];
    const json = { ...options, isJson: true, out: undefined };
    openReport(settingOf("kernels"), json, { write: (text) => void lines.push(text) }).add(RESULT);
    const subjects = (text: string): string[] =>
      text.trim().split("\n").map((line) => (JSON.parse(line) as { subject: string }).subject);
    deepEqual(subjects(lines.join("")), ["noble", "webcrypto"]);
    deepEqual(subjects(kept), ["noble", "webcrypto"]);
    equal(report.records.length, 2);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Collects everything that is printed in one list. */
function collected(printed: string[]): ReportOutputs {
  const write = (text: string): void => void printed.push(text);
  return { write, progress: openProgress({ isTerminal: false, columns: 80, write }) };
}
