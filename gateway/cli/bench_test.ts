import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { createFakeRuntime } from "../../tests/fakes/runtime.ts";
import { runCli } from "./main_cli.ts";

interface Ended {
  readonly code: number;
  readonly stderr: string;
  /** Each program with its arguments. */
  readonly ran: readonly string[];
}

async function bench(args: readonly string[], codes: readonly number[] = []): Promise<Ended> {
  const ran: string[] = [];
  const runtime = {
    ...createFakeRuntime({ args: ["bench", ...args] }),
    runProgram: (program: { readonly file: string; readonly args: readonly string[] }) =>
      Promise.resolve(codes[ran.push([program.file, ...program.args].join(" ")) - 1] ?? 0),
  };
  const code = await runCli(runtime);
  return { code, stderr: runtime.printed.stderr, ran };
}

test("bench runs every suite, or the one that is named", async () => {
  deepEqual((await bench([])).ran, [
    "bench/kernels/main.ts",
    "bench/path/main.ts",
    "bench/wire/main.ts",
  ]);
  const args = [
    "--suite",
    "path",
    "--only",
    "tunnel up",
    "--runs",
    "3",
    "--out",
    "x.jsonl",
    "--json",
  ];
  deepEqual((await bench(args)).ran, [
    "bench/path/main.ts --only=tunnel up --runs=3 --out=x.jsonl --json",
  ]);
});

test("bench goes on after a suite that failed, and ends as it did", async () => {
  const { code, ran } = await bench([], [0, 3, 1]);
  equal(code, 3);
  equal(ran.length, 3);
});

test("bench --only wants a case in one suite at least", async () => {
  const args = ["--only", "ping"];
  const found = await bench(args, [3, 3, 0]);
  deepEqual([found.code, found.stderr], [0, ""]);
  deepEqual(found.ran, [
    "bench/kernels/main.ts --only=ping --if-any",
    "bench/path/main.ts --only=ping --if-any",
    "bench/wire/main.ts --only=ping --if-any",
  ]);
  equal((await bench(args, [3, 1, 0])).code, 1);
  const none = await bench(args, [3, 3, 3]);
  deepEqual([none.code, none.stderr], [2, '--only: no case contains "ping"\n']);
  equal(none.ran.length, 3);
});

test("bench refuses what no suite knows", async () => {
  for (
    const [args, stderr] of [
      [["--suite", "crypto"], "--suite: must be kernels, path or wire\n"],
      [["--suite"], "--suite: must be kernels, path or wire\n"],
      [["--runs", "0"], "--runs: must be a whole number from 1 to 999999\n"],
    ] as const
  ) deepEqual(await bench(args), { code: 2, stderr, ran: [] });
});

test("bench says in one line why it cannot run", async () => {
  const runtime = createFakeRuntime({ args: ["bench"] });
  equal(await runCli(runtime), 1);
  equal(runtime.printed.stderr, "Cannot runProgram: this runtime has no kernel\n");
});
