// One clock for shell and lanes. `performance.now()` counts from the start of its own thread, and rows hold moments that another lane has
// written; so each thread lays its own over CLOCK_MONOTONIC once.

import { CLOCK_MONOTONIC, LITTLE_ENDIAN } from "../linux/constants.ts";
import { failed } from "../linux/errno.ts";
import type { Libc, MappedMemory } from "../runtime/types.ts";

export interface ClockOptions {
  readonly libc: Pick<Libc, "clock_gettime" | "errno">;
  /** This thread's monotonic ms. */
  readonly now: () => number;
  readonly memory: WebAssembly.Memory;
  readonly mapped: MappedMemory;
  /** Where 16 octets of the memory are free for a timespec. */
  readonly offset: number;
}

/**
 * Monotonic ms with a fraction, from the same origin in every thread of the process.
 *
 * @throws {Error} If the kernel has no CLOCK_MONOTONIC
 */
export function createClock(options: ClockOptions): () => number {
  const { libc, now, memory, mapped, offset } = options;
  if (libc.clock_gettime(CLOCK_MONOTONIC, mapped.at(offset)) < 0) {
    throw failed("Cannot read the monotonic clock", libc.errno());
  }
  const timespec = new DataView(memory.buffer, offset, 16);
  const seconds = Number(timespec.getBigInt64(0, LITTLE_ENDIAN));
  const shift = seconds * 1000 + Number(timespec.getBigInt64(8, LITTLE_ENDIAN)) / 1e6 - now();

  function clock(): number {
    return now() + shift;
  }

  return clock;
}
