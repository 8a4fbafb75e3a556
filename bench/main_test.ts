// How every bench program ends when its command line is wrong or its records cannot be written:
// with one line, before anything is measured.

import { deepEqual } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const PROGRAMS = ["kernels", "path", "wire", "ike", "queue", "native", "timing", "dashboard"];

const TIMEOUT = { timeout: 60_000 };

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function runMain(program: string, args: readonly string[]): Ended {
  const isDeno = process.versions.bun === undefined;
  const start = [...(isDeno ? ["run", "-A"] : []), `bench/${program}/main.ts`];
  return spawnSync(process.execPath, [...start, ...args], {
    cwd: fileURLToPath(new URL("../", import.meta.url)),
    encoding: "utf8",
  });
}

function expectLine({ status, stdout, stderr }: Ended, code: number, line: string): void {
  deepEqual({ status, stdout, stderr }, { status: code, stdout: "", stderr: `${line}\n` });
}

for (const program of PROGRAMS) {
  test(`${program}: an unknown flag ends it with one line`, TIMEOUT, () => {
    expectLine(runMain(program, ["--nosuch"]), 2, "error: Unknown option '--nosuch'");
  });
}

test("a wrong value of a flag ends a program with one line", TIMEOUT, () => {
  const cases: readonly (readonly [string, string, string, string])[] = [
    ["path", "--runs", "0", "must be a whole number of 1 or more"],
    ["path", "--packets", "many", "must be a whole number of 1 or more"],
    ["path", "--engine", "gpu", "must be wasm or native"],
    ["wire", "--seconds", "0", "must be a whole number of 1 or more"],
    ["ike", "--clients", "10001", "must be a whole number from 1 to 10000"],
    ["ike", "--in-flight", "0", "must be a whole number from 1 to 1000"],
    ["queue", "--seconds", "1", "must be a whole number of 2 or more"],
    ["timing", "--samples", "1", "must be a whole number of 1000 or more"],
    ["dashboard", "--port", "abc", "must be a whole number from 0 to 65535"],
    ["dashboard", "--port", "65536", "must be a whole number from 0 to 65535"],
  ];
  for (const [program, flag, value, problem] of cases) {
    expectLine(runMain(program, [flag, value]), 2, `error: ${flag}: ${problem}`);
  }
});

// `native` is left out: only its Rust program knows its cases.
for (const program of ["kernels", "path", "wire", "ike", "queue", "timing"]) {
  test(
    `${program}: --only without a match ends it with one line, or with its own exit code`,
    TIMEOUT,
    () => {
      const args = ["--only", "no such case", "--out", "/nonexistent/x.jsonl"];
      expectLine(runMain(program, args), 2, 'error: --only: no case contains "no such case"');
      const { status, stdout, stderr } = runMain(program, [...args, "--if-any"]);
      deepEqual({ status, stdout, stderr }, { status: 3, stdout: "", stderr: "" });
    },
  );
}

for (const program of ["kernels", "path", "ike", "timing"]) {
  test(
    `${program}: a file that cannot be written ends it with one line, before the run`,
    TIMEOUT,
    () => {
      const ended = runMain(program, ["--runs", "1", "--out", "/nonexistent/x.jsonl"]);
      expectLine(ended, 1, "error: Cannot write /nonexistent/x.jsonl: ENOENT");
    },
  );
}
