import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startRunningTimer } from "./running_timer.ts";

test("a pause of the thread, however long, counts as one step", async () => {
  let isLate = false;
  const stop = startRunningTimer(400, () => void (isLate = true));
  const until = performance.now() + 600;
  while (performance.now() < until);
  await delay(1);
  ok(!isLate);
  stop();
});

test("it ends when the process has run for its time, and not when it was stopped", async () => {
  const calls: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  startRunningTimer(120, () => {
    calls.push("first");
    resolve();
  });
  startRunningTimer(1, () => void calls.push("stopped"))();
  await promise;
  equal(calls.join(), "first");
});
