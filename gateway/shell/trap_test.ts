import { equal, match } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(
  new URL("../../tests/support/programs/trap_program.ts", import.meta.url),
);

for (const where of ["lane", "shell"]) {
  test(`a trap of the core in the ${where} ends the process, though it holds a lock`, () => {
    const isBun = process.versions.bun !== undefined;
    const run = spawnSync(
      process.execPath,
      [...isBun ? [] : ["run", "--allow-all", "--no-prompt"], PROGRAM, where],
      { encoding: "utf8", timeout: 20_000, env: { ...process.env, NO_COLOR: "1" } },
    );
    equal(run.status, 1, `${run.signal}: ${run.stderr}`);
    const lines = run.stderr.trim().split("\n");
    equal(lines.length, 1, run.stderr);
    match(lines[0] ?? "", / error core_trap status=CoreTrap .*reason="/);
  });
}
