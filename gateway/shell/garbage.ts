// Has garbage collected on a runtime that would not do it in time. The process's resident memory is
// looked at each second. When it has grown, shell and lanes collect, and what is left counts as
// lasting. That bounds the garbage of every thread, whatever makes it: connections that come and
// go, requests, events.

import type { Garbage, Runtime } from "../runtime/types.ts";

/** A watch over resident memory. */
export interface GarbageWatch {
  /** Has garbage collected if there is enough of it by now. */
  look(): void;
}

export interface GarbageWatchOptions {
  readonly garbage: Garbage;
  /** Has the lanes collect. */
  readonly collectLanes: () => void;
  /** Monotonic ms. */
  readonly now: () => number;
}

/** Growth of the resident memory that may be garbage, octets. */
export const GROWTH_MAX = 16_777_216;

/**
 * Pause after a collection, as a multiple of the time that it has taken the shell. So collections
 * take at most a tenth of its time, however large its heap and however busy the host.
 */
export const PAUSE_FACTOR = 9;

/** Makes a watch. It knows nothing of the memory until the first look. */
export function createGarbageWatch(options: GarbageWatchOptions): GarbageWatch {
  const { garbage, collectLanes, now } = options;
  /** Least resident memory since the last collection. */
  let least = Infinity;
  let pausedUntil = 0;

  function look(): void {
    const startedAt = now();
    const len = garbage.residentLen();
    least = Math.min(least, len);
    if (len - least < GROWTH_MAX || startedAt < pausedUntil) return;
    collectLanes();
    garbage.collect();
    const endedAt = now();
    pausedUntil = endedAt + PAUSE_FACTOR * (endedAt - startedAt);
    // Lanes may not be done yet. The looks to come see what they give back.
    least = garbage.residentLen();
  }

  return { look };
}

/** Watches the memory of a gateway; on a runtime that collects by itself it does nothing. */
export function watchGarbage(
  { garbage, now }: Pick<Runtime, "garbage" | "now">,
  collectLanes: () => void,
): { close(): void } {
  if (garbage === null) return { close: () => undefined };
  const { look } = createGarbageWatch({ garbage, collectLanes, now });
  const looking = setInterval(look, LOOK_MS);
  return { close: () => clearInterval(looking) };
}

const LOOK_MS = 1000;
