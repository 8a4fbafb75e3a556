// One clock for the shell and all lanes. `performance.now()` counts from the start of its own
// thread, but a lane reads times in rows that another lane has written. So each thread lays its
// clock over CLOCK_MONOTONIC once.

import { CLOCK_MONOTONIC, LITTLE_ENDIAN } from "../linux/constants.ts";
import { failed } from "../linux/errno.ts";
import type { Libc, MappedMemory } from "../runtime/types.ts";

export interface ClockOptions {
  readonly libc: Pick<Libc, "clock_gettime" | "errno">;
  /** This thread's monotonic ms. */
  readonly now: () => number;
  readonly memory: WebAssembly.Memory;
  readonly mapped: MappedMemory;
  /** Offset at which 16 octets of the memory are free for a timespec. */
  readonly offset: number;
}

/**
 * Makes the clock of this thread.
 *
 * @returns A function that returns monotonic ms with a fraction; its origin is the same in every
 *   thread of the process
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
