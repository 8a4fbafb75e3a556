// Time for which the host was suspended. CLOCK_MONOTONIC stands still then, and with it all
// deadlines: peers could not have met them. The lifetime of an SA goes on (RFC 4301 §4.4.2.1): its
// key gets no younger.

import { CLOCK_BOOTTIME, CLOCK_MONOTONIC, LITTLE_ENDIAN } from "../linux/constants.ts";
import { failed } from "../linux/errno.ts";
import type { Kernel } from "../linux/kernel.ts";

/** A difference up to this, ms, is that of the two readings. */
const NOISE_MS = 100;

/** What reads the clocks. */
export interface SuspensionOptions {
  readonly libc: Pick<Kernel["libc"], "clock_gettime" | "errno">;
  readonly scratch: Pick<Kernel["scratch"], "at" | "view">;
}

/**
 * Makes a watch of suspensions.
 *
 * @returns A function that returns the ms of suspension since its last call, or since now
 * @throws {Error} If the kernel lacks one of the clocks
 */
export function watchSuspension({ libc, scratch }: SuspensionOptions): () => number {
  function read(clock: number): number {
    if (libc.clock_gettime(clock, scratch.at(0)) < 0) {
      throw failed(`Cannot read clock ${clock}`, libc.errno());
    }
    const seconds = Number(scratch.view.getBigInt64(0, LITTLE_ENDIAN));
    return seconds * 1000 + Number(scratch.view.getBigInt64(8, LITTLE_ENDIAN)) / 1e6;
  }

  function asleep(): number {
    const monotonic = read(CLOCK_MONOTONIC);
    return read(CLOCK_BOOTTIME) - monotonic;
  }

  let before = asleep();

  function suspended(): number {
    const now = asleep();
    if (now - before <= NOISE_MS) return 0;
    const grown = now - before;
    before = now;
    return grown;
  }

  return suspended;
}
