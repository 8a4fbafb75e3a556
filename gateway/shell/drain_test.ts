import { deepEqual, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { createDrain } from "./drain.ts";

test("start() tells each listener once, in order, when the drain has begun", () => {
  const calls: string[] = [];
  const drain = createDrain([
    () => void calls.push(`dialer ${drain.isDraining()}`),
    () => void calls.push("events"),
    () => void calls.push("lanes"),
  ]);
  ok(!drain.isDraining());
  drain.start();
  drain.start();
  deepEqual(calls, ["dialer true", "events", "lanes"]);
  ok(drain.isDraining());
});

test("start() reaches the lanes though a listener before them throws", () => {
  const calls: string[] = [];
  const drain = createDrain([
    () => {
      throw new Error("Broken listener");
    },
    () => void calls.push("lanes"),
  ]);
  throws(() => drain.start(), /Broken listener/);
  deepEqual(calls, ["lanes"]);
  ok(drain.isDraining());
});
