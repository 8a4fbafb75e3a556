import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "../../tests/support/random.ts";
import { createTimers } from "./timers.ts";

test("nextDue() gives what is due, earliest first, and nothing else", () => {
  const timers = createTimers(500);
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
  const timers = createTimers(1);
  equal(timers.waitMs(0), -1);
  timers.arm(1, 10.25);
  equal(timers.waitMs(8), 3);
  equal(timers.waitMs(10.25), 0);
  equal(timers.waitMs(99), 0);
});

test("each row is woken when it was armed for last, whatever was armed, disarmed and woken before", () => {
  const ROWS = 40;
  const random = createRandom(11);
  const timers = createTimers(ROWS);
  const model = new Map<number, number>();
  let now = 0;
  for (let step = 0; step < 20_000; step++) {
    const row = random.below(ROWS) + 1;
    switch (random.below(4)) {
      case 0:
        timers.disarm(row);
        model.delete(row);
        break;
      case 1:
        now += random.below(20);
        for (let woken = timers.nextDue(now); woken !== -1; woken = timers.nextDue(now)) {
          equal(model.get(woken), Math.min(...model.values()));
          model.delete(woken);
        }
        ok([...model.values()].every((due) => due > now));
        break;
      default: {
        const due = now + random.below(200);
        timers.arm(row, due);
        model.set(row, due);
      }
    }
    equal(timers.waitMs(now), model.size === 0 ? -1 : Math.min(...model.values()) - now);
  }
});
