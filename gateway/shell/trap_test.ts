import { equal, match } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(
  new URL("../../tests/support/programs/trap_program.ts", import.meta.url),
);

const IS_BUN = process.versions.bun !== undefined;
const COMMAND = [
  process.execPath,
  ...IS_BUN ? [] : ["run", "--allow-all", "--no-prompt"],
  PROGRAM,
];

/** The last one is a pipe that is full before the program starts, and whose reader sleeps. */
const CASES = [
  ["a full device", "2>/dev/full", ""],
  ["a stuck pipe", "2> >(exec sleep 10 > /dev/null 2>&1)", "head -c 65536 /dev/zero >&2; "],
] as const;

for (const where of ["lane", "shell"]) {
  test(`a trap of the core in the ${where} ends the process, though it holds a lock`, () => {
    const [file = "", ...args] = COMMAND;
    const env = { ...process.env, NO_COLOR: "1" };
    const run = spawnSync(file, [...args, where], { encoding: "utf8", timeout: 20_000, env });
    equal(run.status, 1, `${run.signal}: ${run.stderr}`);
    const lines = run.stderr.trim().split("\n");
    equal(lines.length, 1, run.stderr);
    match(lines[0] ?? "", / error core_trap status=core_trap .*reason="/);
  });

  for (const [what, redirection, fill] of CASES) {
    test(`a trap in the ${where} ends the process with standard error at ${what}`, () => {
      const script = `exec ${redirection}; ${fill}exec "$@"`;
      const run = spawnSync("bash", ["-c", script, "bash", ...COMMAND, where], { timeout: 20_000 });
      equal(run.status, 1, String(run.signal));
    });
  }
}
