import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { createOutbox, type OutRecord } from "./outbox.ts";

test("a record waits for its batch, and those of its connection behind it keep their order", () => {
  const outbox = createOutbox();
  for (const one of [record(1, 2), record(1, 0), record(2, 0), record(2, 1), record(3, 3)]) {
    outbox.push(one);
  }
  deepEqual(flushed(outbox, 0), [[2, 0]]);
  deepEqual(flushed(outbox, 1), [[2, 1]]);
  deepEqual(flushed(outbox, 2), [[1, 2], [1, 0]]);
  deepEqual(flushed(outbox, 3), [[3, 3]]);
  equal(outbox.size(), 0);
});

test("nothing passes a record that has found no room", () => {
  const outbox = createOutbox();
  for (const row of [1, 2, 1]) outbox.push(record(row, 0));
  let calls = 0;
  ok(!outbox.flush(0, () => ++calls > 1));
  equal(calls, 1, "nothing more is tried");
  deepEqual(flushed(outbox, 0), [[1, 0], [2, 0], [1, 0]]);
});

test("the next connection of a row does not wait for the one before", () => {
  const outbox = createOutbox();
  outbox.push(record(1, 5));
  outbox.push({ ...record(1, 0), generation: 9 });
  const sent: number[] = [];
  ok(outbox.flush(0, ({ generation }) => sent.push(generation) > 0));
  deepEqual(sent, [9]);
});

function record(row: number, after: number): OutRecord {
  return { kind: 1, row, generation: 0, octets: new Uint8Array(1), after };
}

function flushed(outbox: ReturnType<typeof createOutbox>, done: number): [number, number][] {
  const sent: [number, number][] = [];
  ok(outbox.flush(done, (one) => {
    return sent.push([one.row, one.after]) > 0;
  }));
  return sent;
}
