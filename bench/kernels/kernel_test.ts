import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { type Batch, contenderOf } from "./kernel.ts";

/** A batch of two packets that notes each call. */
function countingBatch(): { readonly batch: Batch; readonly calls: string[] } {
  const calls: string[] = [];
  const batch = {
    packets: 2,
    restore: () => void calls.push("restore"),
    run: () => void calls.push("run"),
    check: () => undefined,
  };
  return { batch, calls };
}

test("contenderOf() restores the input of every run", async () => {
  const { batch, calls } = countingBatch();
  const { value } = await contenderOf("noble", batch, { ms: 0.01, repeats: 1 }).measure();
  ok(value > 0);
  equal(calls.length % 2, 0);
  ok(calls.every((call, at) => call === (at % 2 === 0 ? "restore" : "run")));
});

test("contenderOf() reads the clock once for several runs, and times their restoring", async () => {
  const { batch, calls } = countingBatch();
  const { value } = await contenderOf("noble", batch, { ms: 0.01, repeats: 3 }).measure();
  ok(value > 0);
  const once = [..."restore run ".repeat(3).trim().split(" "), "restore", "restore", "restore"];
  equal(calls.length % once.length, 0);
  ok(calls.every((call, at) => call === once[at % once.length]));
});

test("contenderOf() waits for what is not done at once", async () => {
  let done = 0;
  const batch: Batch = {
    packets: 1,
    run: async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      done += 1;
    },
    check: () => undefined,
  };
  const { value } = await contenderOf("noble", batch, { ms: 0.01, repeats: 4 }).measure();
  equal(done, 4);
  ok(value > 0.0005);
});
