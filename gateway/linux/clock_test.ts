import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { createFakeMapping } from "../../tests/fakes/kernel/kernel.ts";
import { CLOCK_MONOTONIC, LITTLE_ENDIAN } from "./constants.ts";
import { runtime } from "../runtime/mod.ts";
import { createClock } from "./clock.ts";

test("the clock goes as CLOCK_MONOTONIC goes, whatever the clock of the runtime does", () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const time = { seconds: 90_000n, nanoseconds: 500_000_000n };
  const libc = {
    errno: () => 0,
    "clock_gettime": (clock: number, address: unknown): number => {
      equal(clock, CLOCK_MONOTONIC);
      const view = new DataView(memory.buffer);
      view.setBigInt64(Number(address), time.seconds, LITTLE_ENDIAN);
      view.setBigInt64(Number(address) + 8, time.nanoseconds, LITTLE_ENDIAN);
      return 0;
    },
  };
  const clock = createClock({ libc, memory, mapped: createFakeMapping(), offset: 4096 });
  equal(clock(), 90_000_500);
  time.seconds += 60n;
  equal(clock(), 90_060_500);
});

test("clocks of one process agree", () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const options = { libc: runtime.openLibc(), memory, mapped: runtime.mapMemory(memory) };
  const [first, second] = [0, 4096].map((offset) => createClock({ ...options, offset }));
  ok(first !== undefined && second !== undefined);
  const readings = [first(), second(), first(), second()];
  ok(readings.every((at, i) => i === 0 || at >= (readings[i - 1] ?? 0)), readings.join());
});
