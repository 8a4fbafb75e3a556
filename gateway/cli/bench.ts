// `culvert bench`: the bench programs of the checkout, one after another, on the runtime of this one.

import { ConfigError } from "../config/error.ts";
import { type Command, type CommandContext, JSON_FLAG } from "./command.ts";

const SUITES = ["kernels", "path", "wire"] as const;

export const benchCommand: Command = {
  name: "bench",
  summary: "measure this checkout beside its rivals",
  operands: [],
  flags: [
    { name: "suite", value: SUITES.join("|"), help: "one suite; all of them without it" },
    { name: "only", value: "TEXT", help: "cases whose name contains it" },
    { name: "runs", value: "N", help: "samples of each subject; each suite has its own default" },
    { name: "out", value: "FILE", help: "append the records to a file, as JSON lines" },
    JSON_FLAG,
  ],
  run: runBenches,
};

/** What a suite ends with that was told `--if-any` and has no case of that name. */
export const NO_CASE_CODE = 3;

/** What is wrong with `--only` where no case has that name. */
export function noCaseError(only: string): ConfigError {
  return new ConfigError({ path: "--only" }, `no case contains ${JSON.stringify(only)}`);
}

/** All suites run, whatever becomes of one; the exit code is that of the first that failed. */
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
    // With "=", for a text that begins with a dash.
    flags[name] === undefined ? [] : [`--${name}=${flags[name]}`]
  );
  return flags[JSON_FLAG.name] === true ? [...given, "--json"] : given;
}
