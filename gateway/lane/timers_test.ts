import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { createTimers } from "./timers.ts";

test("nextDue() gives what is due, earliest first, and nothing else", () => {
  const timers = createTimers();
  let seed = 7;
  const dues: number[] = [];
  for (let row = 0; row < 500; row++) {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    dues.push(seed % 1000);
    timers.arm(row, seed % 1000);
  }
  for (const now of [0, 250, 251, 999]) {
    const got: number[] = [];
    for (let row = timers.nextDue(now); row !== -1; row = timers.nextDue(now)) {
      got.push(dues[row] ?? -1);
      dues[row] = Infinity;
    }
    deepEqual(got, got.toSorted((a, b) => a - b));
    equal(dues.filter((due) => due <= now).length, 0);
  }
  equal(timers.waitMs(0), -1);
});

test("waitMs() rounds up, so that a wait never ends before its deadline", () => {
  const timers = createTimers();
  equal(timers.waitMs(0), -1);
  timers.arm(1, 10.25);
  equal(timers.waitMs(8), 3);
  equal(timers.waitMs(10.25), 0);
  equal(timers.waitMs(99), 0);
});
