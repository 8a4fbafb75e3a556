import { deepEqual, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { createDrain } from "./drain.ts";

test("start() tells each listener once, in order, when the drain has begun", () => {
  const calls: string[] = [];
  const drain = createDrain({
    listeners: [
      () => void calls.push(`dialer ${drain.isDraining()}`),
      () => void calls.push("events"),
    ],
    farewells: [],
    lanes: () => void calls.push("lanes"),
  });
  ok(!drain.isDraining());
  void drain.start();
  void drain.start();
  deepEqual(calls, ["dialer true", "events", "lanes"]);
  ok(drain.isDraining());
});

test("start() reaches the lanes though a listener before them throws", () => {
  const calls: string[] = [];
  const drain = createDrain({
    listeners: [() => {
      throw new Error("Broken listener");
    }],
    farewells: [],
    lanes: () => void calls.push("lanes"),
  });
  throws(() => void drain.start(), /Broken listener/);
  deepEqual(calls, ["lanes"]);
  ok(drain.isDraining());
});

test("The lanes drain once all farewells are said, and one that fails holds nobody up", async () => {
  const calls: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const drain = createDrain({
    listeners: [],
    farewells: [
      () => promise.then(() => void calls.push("farewell")),
      () => Promise.reject(new Error("Broken farewell")),
    ],
    lanes: () => void calls.push("lanes"),
  });
  const drained = drain.start();
  await Promise.resolve();
  deepEqual(calls, []);
  ok(drain.isDraining());
  resolve();
  await drained;
  deepEqual(calls, ["farewell", "lanes"]);
});
