// Processor time of the calling thread.

import { runtime } from "../../../gateway/runtime/mod.ts";
import type { Libc } from "../../../gateway/runtime/types.ts";

/** A clock that runs while this thread runs: user and system time, in ms with a fraction. */
export function createThreadClock(libc: Pick<Libc, "clock_gettime">): () => number {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const mapped = runtime.mapMemory(memory);
  const at = mapped.at(0);
  // struct timespec: two 64-bit numbers. Their low halves are enough for the duration of a bench.
  const words = new Uint32Array(memory.buffer, 0, 4);

  function now(): number {
    libc.clock_gettime(CLOCK_THREAD_CPUTIME_ID, at);
    return (words[0] ?? 0) * 1000 + (words[2] ?? 0) / 1e6;
  }

  return now;
}

const CLOCK_THREAD_CPUTIME_ID = 3;
