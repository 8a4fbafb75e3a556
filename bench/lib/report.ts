// Input and output of a bench program: the flags that all of them share, and results as JSON lines
// or as tables.

import process from "node:process";
import { parseArgs } from "node:util";
import { wholeFlag } from "./flags.ts";
import { openOut } from "./out.ts";
import { openProgressOf, type Progress } from "./progress.ts";
import type { BenchRecord, CaseResult, Setting } from "./record.ts";
import { recordLine, recordsOf } from "./records_of.ts";
import { renderRecords } from "./table.ts";

/** Flags of a bench program. */
export interface BenchOptions {
  /** JSON lines instead of tables. */
  readonly isJson: boolean;
  /** Show progress, one line for each case on standard error, even with `--json` into a pipe. */
  readonly isProgressAsked: boolean;
  /** Only run cases whose name contains this text; "" runs all. */
  readonly only: string;
  /** It is no mistake if no case matches `only`. */
  readonly isNoneAllowed: boolean;
  readonly runs: number;
  /** File that also receives the records as JSON lines, whatever is printed. */
  readonly out: string | undefined;
  /** The program's own flags, with the values that were given or their defaults. */
  readonly further: Readonly<Record<string, string>>;
}

export interface BenchDefaults {
  readonly runs: number;
  /** The program's own flags, each with its default value. */
  readonly further?: Readonly<Record<string, string>>;
}

/**
 * Parses `[--json] [--progress] [--only TEXT] [--if-any] [--runs N] [--out FILE]` and the program's
 * own flags.
 *
 * @throws {TypeError} On an unknown flag
 * @throws {ConfigError} If `--runs` is not a positive number
 */
export function parseBenchArgs(args: readonly string[], defaults: BenchDefaults): BenchOptions {
  const own = Object.entries(defaults.further ?? {});
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: "boolean", default: false },
      progress: { type: "boolean", default: false },
      only: { type: "string", default: "" },
      "if-any": { type: "boolean", default: false },
      runs: { type: "string", default: String(defaults.runs) },
      out: { type: "string" },
      ...Object.fromEntries(own.map(([name, value]) => [name, textFlag(value)])),
    },
  });
  const { json, progress, only, "if-any": isNoneAllowed, runs, out, ...further } = values;
  return {
    isJson: json,
    isProgressAsked: progress,
    only,
    isNoneAllowed,
    runs: wholeFlag("runs", runs, { min: 1 }),
    out,
    further: further as Record<string, string>,
  };
}

function textFlag(value: string): { readonly type: "string"; readonly default: string } {
  return { type: "string", default: value };
}

/** Collects the results of a run. */
export interface Report {
  /** Takes the results of one or more cases that belong together, and prints them as one table. */
  add(...results: readonly CaseResult[]): void;
  /** All records so far. */
  readonly records: readonly BenchRecord[];
  readonly progress: Progress;
}

/** Where a report goes: standard output and standard error by default. Tests replace them. */
export interface ReportOutputs {
  readonly write?: (text: string) => void;
  readonly progress?: Progress;
}

/**
 * Opens a report.
 *
 * @throws {Error} If the file of `--out` cannot be written
 */
export function openReport(
  setting: Setting,
  options: BenchOptions,
  outputs: ReportOutputs = {},
): Report {
  const {
    write = (text): void => void process.stdout.write(text),
    progress = openProgressOf(_isProgressShown(options)),
  } = outputs;
  const records: BenchRecord[] = [];
  const keep = openOut(options.out);
  if (!options.isJson) write(_heading(setting, options));

  function add(...results: readonly CaseResult[]): void {
    const added = results.flatMap((result) => recordsOf(setting, result));
    records.push(...added);
    const lines = added.map(recordLine).join("");
    keep(lines);
    progress.clear();
    write(options.isJson ? lines : `\n${renderRecords(added)}`);
  }

  return { add, records, progress };
}

/**
 * Without `--progress`, a script that reads JSON sees no progress, but a person at a terminal does.
 */
function _isProgressShown({ isJson, isProgressAsked }: BenchOptions): boolean {
  return !isJson || isProgressAsked || process.stderr.isTTY === true;
}

function _heading(
  { suite, runtime, machine, commit, at }: Setting,
  { runs }: BenchOptions,
): string {
  return `${suite}: ${runtime}, ${machine}, commit ${commit}, ${at}, ${runs} runs each\n`;
}
