// One clock for all threads: CLOCK_MONOTONIC, since a lane reads times in rows that
// another lane has written. The clock of the runtime would not do. It counts from the start of its
// own thread, and whether it goes on while the host is suspended differs between runtimes.
// Deadlines must not pass then, since no peer could meet them.

import { CLOCK_MONOTONIC } from "./constants.ts";
import { failed } from "./errno.ts";
import type { Libc, MappedMemory } from "../runtime/types.ts";

export interface ClockOptions {
  readonly libc: Pick<Libc, "clock_gettime" | "errno">;
  readonly memory: WebAssembly.Memory;
  readonly mapped: MappedMemory;
  /** Offset of this thread's scratch area. */
  readonly offset: number;
}

/** Where in the scratch area the clock's timespec lies, octets. Nothing else uses that part. */
const TIMESPEC_AT = 2048;

/**
 * Makes the clock of this thread.
 *
 * @returns A function that returns monotonic ms with a fraction; its origin is the same in every
 *   thread of the process
 * @throws {Error} If the kernel has no CLOCK_MONOTONIC
 */
export function createClock({ libc, memory, mapped, offset }: ClockOptions): () => number {
  const at = mapped.at(offset + TIMESPEC_AT);
  if (libc.clock_gettime(CLOCK_MONOTONIC, at) < 0) {
    throw failed("Cannot read the monotonic clock", libc.errno());
  }
  const words = new Uint32Array(memory.buffer);
  const seconds = (offset + TIMESPEC_AT) >>> 2;
  const nanoseconds = seconds + 2;

  function clock(): number {
    libc.clock_gettime(CLOCK_MONOTONIC, at);
    // The high half of the seconds is 0 for 136 years after the start of the host.
    return (words[seconds] ?? 0) * 1000 + (words[nanoseconds] ?? 0) / 1e6;
  }

  return clock;
}
