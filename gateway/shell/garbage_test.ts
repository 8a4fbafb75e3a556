import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { createGarbageWatch, type GarbageWatch, GROWTH_MAX, PAUSE_FACTOR } from "./garbage.ts";

const START = 100_000_000;

interface Scene {
  readonly watch: GarbageWatch;
  /** Who has collected, in order. */
  readonly collected: string[];
  /** What the process has now: `lasting` stays when garbage is collected. */
  readonly memory: { len: number; lasting: number };
  readonly time: { now: number };
}

/** A process whose collections take the shell 10 ms. */
function openScene(): Scene {
  const collected: string[] = [];
  const memory = { len: START, lasting: START };
  const time = { now: 0 };
  const watch = createGarbageWatch({
    garbage: {
      collect(): void {
        collected.push("shell");
        memory.len = memory.lasting;
        time.now += 10;
      },
      residentLen: () => memory.len,
    },
    collectLanes: () => void collected.push("lanes"),
    now: () => time.now,
  });
  return { watch, collected, memory, time };
}

function lookAfter({ watch, time }: Scene, ms: number): void {
  time.now += ms;
  watch.look();
}

test("lanes and shell collect when the process has grown, and not before", () => {
  const scene = openScene();
  lookAfter(scene, 0);
  scene.memory.len += GROWTH_MAX - 1;
  lookAfter(scene, 1000);
  deepEqual(scene.collected, []);
  scene.memory.len += 1;
  lookAfter(scene, 1000);
  deepEqual(scene.collected, ["lanes", "shell"]);
});

test("what is left after a collection is not collected again and again", () => {
  const scene = openScene();
  lookAfter(scene, 0);
  scene.memory.lasting += 10 * GROWTH_MAX;
  scene.memory.len = scene.memory.lasting;
  for (let i = 0; i < 10; i++) lookAfter(scene, 1000);
  equal(scene.collected.length, 2);
});

test("garbage of the pause after a collection is collected, and not taken for what is left", () => {
  const scene = openScene();
  lookAfter(scene, 0);
  for (let i = 0; i < 2; i++) {
    scene.memory.len += GROWTH_MAX;
    lookAfter(scene, 1);
  }
  deepEqual(scene.collected, ["lanes", "shell"]);
  lookAfter(scene, 1000);
  deepEqual(scene.collected, ["lanes", "shell", "lanes", "shell"]);
  equal(scene.memory.len, START);
});

test("memory that the process gives back counts as garbage when it is taken again", () => {
  const scene = openScene();
  lookAfter(scene, 0);
  scene.memory.len -= GROWTH_MAX;
  lookAfter(scene, 1000);
  scene.memory.len += GROWTH_MAX;
  lookAfter(scene, 1000);
  deepEqual(scene.collected, ["lanes", "shell"]);
});

test("collections take a tenth of the time at most, whatever comes", () => {
  const scene = openScene();
  lookAfter(scene, 0);
  const startedAt = scene.time.now;
  for (let i = 0; i < 1000; i++) {
    scene.memory.len += GROWTH_MAX;
    lookAfter(scene, 10);
  }
  const times = scene.collected.length / 2;
  ok(times > 0);
  // Each takes 10 ms. The pause after the last one is not over.
  ok((times - 1) * 10 * (1 + PAUSE_FACTOR) <= scene.time.now - startedAt, `${times} times`);
});
