// What a bench program says, and how it is asked: the flags all of them share, JSON lines or tables out.

import { appendFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import {
  type BenchRecord,
  type CaseResult,
  recordLine,
  recordsOf,
  type Setting,
} from "./record.ts";
import { renderRecords } from "./table.ts";

/** Flags of a bench program. */
export interface BenchOptions {
  /** JSON lines instead of tables. */
  readonly isJson: boolean;
  /** Only cases whose name contains this; "" is all. */
  readonly only: string;
  readonly runs: number;
  /** A file that gets the records as JSON lines, whatever is printed. */
  readonly out: string | undefined;
}

/**
 * Parses `[--json] [--only TEXT] [--runs N] [--out FILE]`.
 *
 * @throws {TypeError} On an unknown flag
 * @throws {RangeError} If `--runs` is not a positive number
 */
export function parseBenchArgs(
  args: readonly string[],
  defaults: { readonly runs: number },
): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: "boolean", default: false },
      only: { type: "string", default: "" },
      runs: { type: "string", default: String(defaults.runs) },
      out: { type: "string" },
    },
  });
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new RangeError(`--runs is ${values.runs}`);
  return { isJson: values.json, only: values.only, runs, out: values.out };
}

/** Collects the results of a run. */
export interface Report {
  /** Takes the results of one case and prints them. */
  add(result: CaseResult): void;
  /** All records so far. */
  readonly records: readonly BenchRecord[];
}

/** Opens a report; `write` is for tests, standard output otherwise. */
export function openReport(
  setting: Setting,
  options: BenchOptions,
  write: (text: string) => void = (text) => void process.stdout.write(text),
): Report {
  const records: BenchRecord[] = [];
  if (!options.isJson) write(_heading(setting, options));

  function add(result: CaseResult): void {
    const added = recordsOf(setting, result);
    records.push(...added);
    const lines = added.map(recordLine).join("");
    if (options.out !== undefined) appendFileSync(options.out, lines);
    write(options.isJson ? lines : `\n${renderRecords(added)}`);
  }

  return { add, records };
}

function _heading(
  { suite, runtime, machine, commit, at }: Setting,
  { runs }: BenchOptions,
): string {
  return `${suite}: ${runtime}, ${machine}, commit ${commit}, ${at}, ${runs} runs each\n`;
}
