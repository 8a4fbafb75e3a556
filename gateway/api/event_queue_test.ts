import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { createEventQueue, type EventQueue, QUEUE_LEN_MAX } from "./event_queue.ts";

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function open(): { queue: EventQueue; gone: () => number } {
  let count = 0;
  const queue = createEventQueue({
    lostEvent: (lost) => encode(`lost ${lost}`),
    onGone: () => void count++,
  });
  return { queue, gone: () => count };
}

async function read(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  count: number,
): Promise<string[]> {
  const events: string[] = [];
  for (let i = 0; i < count; i++) {
    const { value } = await reader.read();
    events.push(new TextDecoder().decode(value));
  }
  return events;
}

test("createEventQueue() gives events in order, before and after they are asked for", async () => {
  const { queue } = open();
  const reader = queue.stream.getReader();
  queue.push(encode("a"));
  queue.push(encode("b"));
  deepEqual(await read(reader, 2), ["a", "b"]);
  const later = read(reader, 2);
  queue.push(encode("c"));
  queue.push(encode("d"));
  deepEqual(await later, ["c", "d"]);
});

test("createEventQueue() counts what a slow reader loses, and tells it in its place", async () => {
  const { queue } = open();
  for (let i = 0; i < QUEUE_LEN_MAX + 5; i++) queue.push(encode(String(i)));
  const reader = queue.stream.getReader();
  const events = await read(reader, 3);
  // There is room again, but the reader must hear of the gap first.
  queue.push(encode("late"));
  events.push(...await read(reader, QUEUE_LEN_MAX - 3 + 1));
  deepEqual(events.slice(0, 2), ["0", "1"]);
  deepEqual(events.slice(-2), [String(QUEUE_LEN_MAX - 1), "lost 6"]);
  queue.push(encode("after"));
  deepEqual(await read(reader, 1), ["after"]);
});

test("createEventQueue() keeps the newest tick only, behind the events", async () => {
  const { queue } = open();
  queue.tick(encode("tick 1"));
  queue.push(encode("a"));
  for (let i = 2; i < 1000; i++) queue.tick(encode(`tick ${i}`));
  queue.push(encode("b"));
  deepEqual(await read(queue.stream.getReader(), 3), ["a", "b", "tick 999"]);
});

test("createEventQueue() takes nothing ahead of its reader, and says when it is gone", async () => {
  const { queue, gone } = open();
  queue.push(encode("a"));
  const reader = queue.stream.getReader();
  deepEqual(await read(reader, 1), ["a"]);
  equal(gone(), 0);
  await reader.cancel();
  equal(gone(), 1);
  queue.push(encode("b"));
  queue.tick(encode("c"));
  ok((await reader.read()).done);
});

test("createEventQueue() keeps half of its room from strangers, and tells their losses in place", async () => {
  const { queue } = open();
  for (let i = 0; i < QUEUE_LEN_MAX; i++) queue.push(encode(`stranger ${i}`), "stranger");
  queue.push(encode("known"));
  queue.push(encode("stranger"), "stranger");
  const half = QUEUE_LEN_MAX / 2;
  const events = await read(queue.stream.getReader(), half + 3);
  deepEqual(events.slice(-4), [`stranger ${half - 1}`, `lost ${half}`, "known", "lost 1"]);
});
