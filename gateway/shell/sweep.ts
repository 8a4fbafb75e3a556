// Looks at the SAs once a second, and when a lane tells of an end: what has reached a hard limit
// leaves, whether or not a packet came, and with it go its prefix, its place and its routes (RFC
// 4301 §4.4.2.1).

import type { Core } from "../../ts-bindings/core.ts";
import type { EventHub } from "./events.ts";
import type { Log } from "./log.ts";
import type { SaChanges } from "./sa_changes.ts";
import type { Sad } from "./sad.ts";

export interface SweepOptions {
  readonly core: Pick<Core, "sa_age" | "sa_sweep">;
  /** Number of the shell's block. */
  readonly index: number;
  /** Offsets of all blocks, octets; the shell's is the last. */
  readonly blocks: readonly number[];
  /** Monotonic ms of the lanes' clock. */
  readonly clock: () => number;
  /** Returns the ms for which the host was suspended since the last call. */
  readonly suspended: () => number;
  readonly events: Pick<EventHub, "drainRing" | "tellLost" | "subscribe">;
  readonly sad: Pick<Sad, "ended" | "forgetExpired">;
  readonly changes: Pick<SaChanges, "remove">;
  readonly log: Log;
}

/** Longest time that an SA whose time is over, and its key, may stay, ms. */
const SWEEP_MS = 1000;

/**
 * Sweeps from now on; the result ends that. Who hears of `sa_expired` finds the SA gone: the sweep
 * that follows it comes before any other task of this thread.
 */
export function startSweeping(options: SweepOptions): () => void {
  let isDue = false;
  let hasEnded = false;

  function sweepSoon(): void {
    // Once for all the events of a ring.
    if (isDue || hasEnded) return;
    isDue = true;
    queueMicrotask(() => {
      isDue = false;
      if (!hasEnded) sweep(options);
    });
  }

  const unsubscribe = options.events.subscribe(({ event }) => {
    if (event === "sa_expired") sweepSoon();
  });
  const sweeping = setInterval(() => sweep(options), SWEEP_MS);
  return () => {
    hasEnded = true;
    clearInterval(sweeping);
    unsubscribe();
  };
}

/**
 * Warns of SAs that have become old, be it in a suspension, ends those whose time is over, wipes
 * the keys of all that have ended, and removes them. Each has told of its end before it is removed.
 */
export function sweep(options: SweepOptions): void {
  const { core, index, blocks, clock, events, sad } = options;
  const asleep = options.suspended();
  if (asleep > 0) core.sa_age(index, asleep);
  const ended = core.sa_sweep(index, clock());
  if (ended > 0) sad.forgetExpired();
  // The core tells in the shell's own ring, which no lane announces. What lanes have told of their
  // packets' SAs must be out before those are removed.
  for (const block of blocks) events.drainRing(block);
  events.tellLost(blocks);
  if (ended > 0) { for (const id of sad.ended()) remove(options, id); }
}

/** Removes one SA. A listener that fails is no reason to keep the others. */
function remove({ changes, log }: SweepOptions, id: number): void {
  try {
    changes.remove(id);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log("error", "sa_remove_failed", { sa: id, reason });
  }
}
