// `culvert bench`: runs the bench programs of the checkout one after another, on the runtime that
// runs this command.

import { ConfigError } from "../config/error.ts";
import { type Command, type CommandContext, JSON_FLAG } from "./command.ts";

const SUITES = ["kernels", "path", "wire"] as const;

export const benchCommand: Command = {
  name: "bench",
  summary: "benchmark this checkout beside other programs",
  operands: [],
  flags: [
    { name: "suite", value: SUITES.join("|"), help: "run this suite only" },
    { name: "only", value: "TEXT", help: "run only cases whose name contains TEXT" },
    { name: "runs", value: "N", help: "samples per subject; each suite has its own default" },
    { name: "out", value: "FILE", help: "append the records to FILE as JSON lines" },
    JSON_FLAG,
  ],
  run: runBenches,
};

/** Exit code of a suite that was given `--if-any` and has no case of that name. */
export const NO_CASE_CODE = 3;

/** The error of `--only` when no case in any suite has that name. */
export function noCaseError(only: string): ConfigError {
  return new ConfigError({ path: "--only" }, `no case contains ${JSON.stringify(only)}`);
}

/** Runs all suites, even if one fails. The exit code is that of the first one that failed. */
async function runBenches({ runtime, flags }: CommandContext): Promise<number> {
  const suites = suitesOf(flags.suite);
  const isNoneAllowed = suites.length > 1 && flags.only !== undefined;
  const args = isNoneAllowed ? [...argsOf(flags), "--if-any"] : argsOf(flags);
  const codes: number[] = [];
  for (const suite of suites) {
    codes.push(await runtime.runProgram({ file: `bench/${suite}/main.ts`, args }));
  }
  const ended = isNoneAllowed ? codes.filter((code) => code !== NO_CASE_CODE) : codes;
  if (ended.length === 0) throw noCaseError(String(flags.only));
  return ended.find((code) => code !== 0) ?? 0;
}

function suitesOf(given: unknown): readonly string[] {
  if (given === undefined) return SUITES;
  const suite = SUITES.find((name) => name === given);
  if (suite === undefined) {
    throw new ConfigError({ path: "--suite" }, "must be kernels, path or wire");
  }
  return [suite];
}

function argsOf(flags: CommandContext["flags"]): string[] {
  const { runs } = flags;
  if (runs !== undefined && !/^[1-9]\d{0,5}$/.test(String(runs))) {
    throw new ConfigError({ path: "--runs" }, "must be a whole number from 1 to 999999");
  }
  const given = ["only", "runs", "out"].flatMap((name) =>
    // With "=", because the text may begin with a dash.
    flags[name] === undefined ? [] : [`--${name}=${flags[name]}`]
  );
  return flags[JSON_FLAG.name] === true ? [...given, "--json"] : given;
}
