import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import {
  type ByteRing,
  consumeRecord,
  copyRecord,
  createRecord,
  createRingMemory,
  isRoomWanted,
  lookAtRecord,
  openRing,
  pushRecord,
  recordLen,
  wantRoom,
  wipeRecord,
} from "./byte_ring.ts";

const RING_LEN = 256;

test("records come out as they went in, whatever the ring has held before", () => {
  const octets = fc.uint8Array({ maxLength: 300 });
  const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const push = fc.record({ kind: u32, row: u32, generation: u32, octets });
  const steps = fc.array(fc.oneof(push, fc.constant("pull" as const)), { maxLength: 200 });
  fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), steps, (from, all) => {
    const { ring, far } = openBoth(from & ~3);
    const expected: Pulled[] = [];
    let used = 0;
    for (const step of all) {
      if (step === "pull") {
        const next = expected.shift();
        deepEqual(pull(far), next);
        if (next !== undefined) used -= recordLen(next.octets.length);
        continue;
      }
      const fits = used + recordLen(step.octets.length) <= RING_LEN;
      equal(append(ring, step), fits, "it is full exactly when there is no room");
      if (!fits) continue;
      used += recordLen(step.octets.length);
      expected.push({ ...step, octets: [...step.octets] });
    }
    for (const next of expected) deepEqual(pull(far), next);
    equal(pull(far), undefined);
  }));
});

test("a record that is not whole is not seen", () => {
  const { ring, far } = openBoth(0);
  const record = createRecord();
  // The writer stops right before it moves its cursor.
  const before = ring.i32[0];
  ok(append(ring, { kind: 1, row: 2, generation: 3, octets: Uint8Array.of(4, 5) }));
  const after = ring.i32[0] ?? 0;
  ring.i32[0] = before ?? 0;
  ok(!lookAtRecord(far, record));
  ring.i32[0] = after;
  deepEqual(pull(far), { kind: 1, row: 2, generation: 3, octets: [4, 5] });
});

test("the reader hears once that the writer has found no room", () => {
  const { ring, far } = openBoth(0);
  ok(!isRoomWanted(far));
  wantRoom(ring);
  ok(isRoomWanted(far));
  ok(!isRoomWanted(far));
});

test("a wiped record leaves no octet in the ring", () => {
  const { ring, far } = openBoth(RING_LEN - 20);
  const secret = new Uint8Array(100).fill(0xa5);
  ok(append(ring, { kind: 1, row: 0, generation: 0, octets: secret }));
  const record = createRecord();
  ok(lookAtRecord(far, record));
  wipeRecord(far);
  consumeRecord(far);
  ok(!ring.u8.includes(0xa5));
});

test("two threads pass records at full speed, and none is torn", async () => {
  const memory = createRingMemory(1024);
  const count = 20_000;
  const worker = new Worker(PROGRAM, {
    eval: true,
    workerData: { memory, count, module: new URL("./byte_ring.ts", import.meta.url).href },
  });
  const done = new Promise<void>((resolve, reject) => {
    worker.once("error", reject);
    worker.once("exit", () => resolve());
  });
  const far = openRing(memory);
  for (let n = 0; n < count;) {
    const pulled = pull(far);
    if (pulled === undefined) {
      await new Promise((resolve) => setImmediate(resolve));
      continue;
    }
    equal(pulled.row, n);
    equal(pulled.octets.length, n % 97);
    ok(pulled.octets.every((octet) => octet === (n & 255)));
    n++;
  }
  await done;
});

/** Pushes records of all lengths, each filled with its number. */
const PROGRAM = `
const { workerData } = require("node:worker_threads");
import(workerData.module).then(({ openRing, createRecord, pushRecord }) => {
  const ring = openRing(workerData.memory);
  const record = createRecord();
  record.source = new Uint8Array(100);
  for (let n = 0; n < workerData.count; n++) {
    record.row = n;
    record.len = n % 97;
    record.source.fill(n & 255);
    while (!pushRecord(ring, record)) Atomics.wait(ring.i32, 47, 0, 0.1);
  }
});
`;

interface Pulled {
  readonly kind: number;
  readonly row: number;
  readonly generation: number;
  readonly octets: readonly number[];
}

/** Both ends of a ring whose cursors stand at `from`. */
function openBoth(from: number): { ring: ByteRing; far: ByteRing } {
  const memory = createRingMemory(RING_LEN);
  const ring = openRing(memory);
  ring.i32[0] = from;
  ring.i32[16] = from;
  return { ring, far: openRing(memory) };
}

function append(
  ring: ByteRing,
  { octets, ...head }: Omit<Pulled, "octets"> & { readonly octets: Uint8Array },
): boolean {
  const source = Uint8Array.of(9, 9, ...octets);
  return pushRecord(ring, { ...head, source, at: 2, len: octets.length });
}

function pull(ring: ByteRing): Pulled | undefined {
  const record = createRecord();
  if (!lookAtRecord(ring, record)) return undefined;
  const octets = new Uint8Array(record.len);
  copyRecord(ring, octets, 0);
  consumeRecord(ring);
  const { kind, row, generation } = record;
  return { kind, row, generation, octets: [...octets] };
}
