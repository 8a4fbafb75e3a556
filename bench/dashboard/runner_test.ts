import { deepEqual, equal, ok } from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { testProgram } from "../../tests/support/programs/bench_program.ts";
import { settle } from "../../tests/support/wait.ts";
import { openRunner, type Runner } from "./runner.ts";
import type { RunState } from "./types.ts";

async function withRunner(
  run: (runner: Runner, folder: string) => Promise<void>,
  killAfterMs = 5000,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "culvert-runner-"));
  const runner = openRunner({ folder: join(folder, "made"), killAfterMs });
  try {
    await run(runner, join(folder, "made"));
  } finally {
    await runner.stop();
    rmSync(folder, { recursive: true });
  }
}

function until(runner: Runner, isReached: (state: RunState) => boolean): Promise<RunState> {
  return settle(() => runner.state(), isReached, 30_000);
}

test("a run tells how far it is, and leaves its records", async () => {
  await withRunner(async (runner, folder) => {
    equal(runner.state().state, "idle");
    ok(runner.start(testProgram("finish")));
    const { startedAt, ...state } = await until(runner, ({ state }) => state === "done");
    ok(startedAt !== null);
    deepEqual(state, {
      state: "done",
      program: "finish",
      latest: "open aes-128-gcm 64",
      casesDone: 2,
      cases: 2,
      records: 2,
      complaints: [],
    });
    const lines = readFileSync(join(folder, "test.jsonl"), "utf8").trim().split("\n");
    equal(lines.length, 2);
  });
});

test("a run that fails is shown with its complaint", async () => {
  await withRunner(async (runner) => {
    runner.start(testProgram("fail"));
    const { complaints, casesDone } = await until(runner, ({ state }) => state === "failed");
    deepEqual(complaints, ["this bench needs what is not here"]);
    equal(casesDone, 1);
    runner.start({ ...testProgram("fail"), file: "/nowhere/deno" });
    const { complaints: others } = await until(runner, ({ state }) => state === "failed");
    ok(others[0]?.includes("/nowhere/deno"), others[0]);
  });
});

test("there is one run at a time, and it can be stopped", async () => {
  await withRunner(async (runner) => {
    ok(runner.start(testProgram("wait")));
    ok(!runner.start(testProgram("finish")));
    await until(runner, ({ complaints }) => complaints.includes("waiting"));
    await runner.stop();
    equal(runner.state().state, "stopped");
    await runner.stop();
    ok(runner.start(testProgram("finish")));
    await until(runner, ({ state }) => state === "done");
  });
});

test("a run that ignores SIGTERM is killed", async () => {
  await withRunner(async (runner) => {
    runner.start(testProgram("ignore"));
    await until(runner, ({ complaints }) => complaints.includes("waiting"));
    await runner.stop();
    equal(runner.state().state, "stopped");
  }, 50);
});
