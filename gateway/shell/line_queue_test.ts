import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { createLineQueue, type LineQueue } from "./line_queue.ts";

interface Rig {
  readonly queue: LineQueue;
  /** What was written. */
  readonly text: () => string;
  /** Octets that may still be written; -1 for a reader that is stuck. */
  room: number;
  /** Ends the pause after a failure. */
  retry: () => Promise<void>;
  /** Lets a stuck reader go on. */
  release: () => Promise<void>;
}

function setup(): Rig {
  let text = "";
  let wake = (): void => {};
  let release = (): void => {};
  async function write(line: string): Promise<number> {
    const octets = new TextEncoder().encode(line);
    if (rig.room < 0) await new Promise<void>((resolve) => release = resolve);
    const written = Math.min(octets.length, rig.room);
    rig.room -= written;
    text += new TextDecoder().decode(octets.subarray(0, written));
    return written;
  }
  const pause = (): Promise<void> => new Promise((resolve) => wake = resolve);
  const queue = createLineQueue({ write, pause });
  queue.tellLostBy((count) => `lost ${count}\n`);
  const rig: Rig = {
    queue,
    text: () => text,
    room: Infinity,
    retry: () => (wake(), queue.settle(1000)),
    release: () => (rig.room = Infinity, release(), queue.settle(1000)),
  };
  return rig;
}

test("push() writes lines in order", async () => {
  const { queue, text } = setup();
  for (let i = 0; i < 5; i++) queue.push(`${i}\n`);
  await queue.settle(1000);
  equal(text(), "0\n1\n2\n3\n4\n");
  equal(queue.lost(), 0);
});

test("lines without room are lost, counted and told, each gap at its place", async () => {
  const rig = setup();
  const { queue, text } = rig;
  rig.room = 0;
  queue.push("a\n");
  queue.push("b\n");
  await queue.settle(1000);
  queue.push("c\n");
  await rig.retry();
  equal(queue.lost(), 3);
  rig.room = Infinity;
  queue.push("d\n");
  await rig.retry();
  equal(text(), "lost 3\nd\n");
  queue.push("e\n");
  await queue.settle(1000);
  equal(text(), "lost 3\nd\ne\n");
});

test("a line that was cut is lost, and the next one begins a line", async () => {
  const rig = setup();
  const { queue, text } = rig;
  rig.room = 5;
  queue.push("abc\n");
  queue.push("defg\n");
  await queue.settle(1000);
  await queue.settle(1000);
  equal(queue.lost(), 1);
  rig.room = Infinity;
  await rig.retry();
  equal(text(), "abc\nd\nlost 1\n");
  queue.push("h\n");
  await queue.settle(1000);
  equal(text(), "abc\nd\nlost 1\nh\n");
});

test("a reader that is stuck costs memory within limits, and no time", async () => {
  const rig = setup();
  const { queue, text } = rig;
  rig.room = -1;
  for (let i = 0; i < 5000; i++) queue.push(`${i}\n`);
  await queue.settle(5);
  const lost = queue.lost();
  equal(lost, 5000 - 1 - 1024);
  await rig.release();
  queue.push("new\n");
  await queue.settle(1000);
  const lines = text().split("\n");
  deepEqual(lines.slice(1023), ["1023", "1024", `lost ${lost}`, "new", ""]);
});

test("long lines count by their octets", async () => {
  const rig = setup();
  rig.room = -1;
  for (let i = 0; i < 100; i++) rig.queue.push(`${"x".repeat(10_000)}\n`);
  equal(rig.queue.lost(), 100 - 1 - 26);
  await rig.release();
});

test("a gap that cannot be told grows", async () => {
  const rig = setup();
  rig.room = 0;
  rig.queue.push("a\n");
  await rig.queue.settle(1000);
  await rig.retry();
  rig.queue.push("b\n");
  await rig.retry();
  rig.room = Infinity;
  await rig.retry();
  equal(rig.text(), "lost 2\n");
  equal(rig.queue.lost(), 2);
});

test("half of the room is not for lines about strangers, and each gap stands at its place", async () => {
  const rig = setup();
  const { queue } = rig;
  rig.room = -1;
  queue.push("first\n");
  for (let i = 0; i < 600; i++) queue.pushOfStranger(`stranger ${i}\n`);
  queue.push("known\n");
  queue.pushOfStranger("stranger\n");
  queue.push("last\n");
  await rig.release();
  const lines = rig.text().split("\n").slice(-6);
  deepEqual(lines, ["stranger 511", "lost 88", "known", "lost 1", "last", ""]);
  equal(queue.lost(), 89);
});
