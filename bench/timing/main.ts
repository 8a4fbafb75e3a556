// Times sealing and opening by classes of secrets, on the runtime that it runs on. `deno task
// test:timing` runs it on both.
//
//     deno run -A bench/timing/main.ts [--samples N]
//     bun bench/timing/main.ts [--samples N]
//     --json --progress --only TEXT --runs N --out FILE
//
// A |t| over 10 is a leak, the threshold of dudect, and ends the program with 1. So does a
// deliberate leak that is not found, or a control (one class under two names) in which a leak is
// found: both mean that the method does not work here. A |t| below 10 proves nothing, because noise
// hides small differences. With several runs the median counts.

import process from "node:process";
import { runtime } from "../../gateway/runtime/mod.ts";
import { AEADS } from "../kernels/workload.ts";
import { noCase } from "../lib/no_case.ts";
import type { CaseResult, Sample } from "../lib/record.ts";
import { wholeFlag } from "../lib/flags.ts";
import { openReport, parseBenchArgs, type Report } from "../lib/report.ts";
import { runMain } from "../lib/run_main.ts";
import { settingOf } from "../lib/setting.ts";
import { percentile } from "../lib/stats.ts";
import { measure } from "./measure.ts";
import { control, opening } from "./opening.ts";
import { leakyComparison, sealing, type Subject } from "./subject.ts";
import { largestT } from "./welch.ts";

const T_MAX = 10;

/** Octets of each packet. */
const LENGTHS: readonly number[] = [64, 576, 1400];

/** Something to time, and the condition that its |t| must meet. */
interface Check {
  readonly subject: Subject;
  readonly isRight: (t: number) => boolean;
}

async function main(): Promise<number> {
  const options = parseBenchArgs(runtime.args, { runs: 1, further: { samples: "40000" } });
  const samples = wholeFlag("samples", options.further.samples, { min: 1000 });
  const checks = allChecks().filter(({ subject }) => subject.case.includes(options.only));
  if (checks.length === 0) return noCase(options);
  const report = openReport(settingOf("kernels"), options);
  report.progress.expect(checks.length);
  const wrong: string[] = [];
  const results: CaseResult[] = [];
  for (const { subject, isRight } of checks) {
    const values = await timesT(report, subject, { runs: options.runs, samples });
    const t = percentile(values.map(({ value }) => value), 50);
    if (!isRight(t)) {
      wrong.push(`NOT ok: |t| is ${t.toFixed(2)}: ${subject.case}, ${subject.about}`);
    }
    results.push(resultOf(subject, values));
  }
  report.add(...results);
  process.stderr.write(wrong.map((line) => `${line}\n`).join(""));
  return wrong.length > 0 ? 1 : 0;
}

function allChecks(): Check[] {
  const isSmall = (t: number): boolean => t <= T_MAX;
  const subjects = AEADS.flatMap((aead) =>
    LENGTHS.flatMap((octets) => [
      ...sealing(aead, octets),
      ...opening(aead, octets),
      control(aead, octets),
    ])
  );
  return [
    { subject: leakyComparison(), isRight: (t) => t > T_MAX },
    ...subjects.map((subject) => ({ subject, isRight: isSmall })),
  ];
}

async function timesT(
  { progress }: Report,
  subject: Subject,
  { runs, samples }: { readonly runs: number; readonly samples: number },
): Promise<Sample[]> {
  progress.begin(subject.case);
  const timed = await subject.open();
  return Array.from({ length: runs }, (_, run) => {
    progress.round(run + 1, runs);
    return { value: largestT(measure(timed, samples)) };
  });
}

function resultOf(subject: Subject, values: readonly Sample[]): CaseResult {
  return {
    ...{ case: subject.case, octets: subject.octets, unit: "t", baseline: "culvert-wasm" },
    samples: new Map([["culvert-wasm" as const, values]]),
  };
}

if (import.meta.main) await runMain(main);
