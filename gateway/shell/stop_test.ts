import { deepEqual, rejects } from "node:assert/strict";
import { test } from "node:test";
import { stopGateway, type StopOptions } from "./stop.ts";

/** A gateway with one SA that writes down what its end calls. */
function openStop(
  more: { lanes?: () => Promise<void>; removeSa?: () => boolean },
): { options: StopOptions; calls: string[] } {
  const calls: string[] = [];
  const parts = {
    machine: {
      clock: () => 0,
      native: { close: () => calls.push("close") },
      core: { core_wipe_all: () => calls.push("wipe") },
    },
    config: { drainTimeoutMs: 0 },
    gateway: { removeSa: more.removeSa ?? (() => calls.push("remove") > 0) },
    drain: { start: () => Promise.resolve() },
    changes: { close: () => calls.push("refuse") },
    rows: { states: () => [] },
    sad: { views: () => [{ spi: 0x100 }] },
    lanes: { stop: more.lanes ?? (() => Promise.resolve()) },
  };
  return { options: parts as unknown as StopOptions, calls };
}

test("stopGateway() removes the SAs and wipes all keys", async () => {
  const { options, calls } = openStop({});
  await stopGateway(options);
  // An SA that came in between would keep its key and its routes.
  deepEqual(calls, ["refuse", "remove", "wipe", "close"]);
});

test("stopGateway() wipes the native keys though a lane is late, and leaves the core's lock", async () => {
  const { options, calls } = openStop({ lanes: () => Promise.reject(new Error("Late")) });
  await rejects(stopGateway(options), /Late/);
  deepEqual(calls, ["refuse", "close"]);
});

test("stopGateway() wipes all keys though an SA cannot be removed", async () => {
  const { options, calls } = openStop({
    removeSa: () => {
      throw new Error("Broken");
    },
  });
  await rejects(stopGateway(options), /Broken/);
  deepEqual(calls, ["refuse", "wipe", "close"]);
});
