// The drain: no new connections, and those that are there end in time. It starts once.

import { tellAll } from "./tell_all.ts";

/** The one drain of a gateway. */
export interface Drain {
  /** Starts it, and tells everybody that has to do something about it. Idempotent. */
  start(): void;
  isDraining(): boolean;
}

/**
 * Makes the drain of a gateway.
 *
 * @param listeners Those that hear of its start, in this order; see {@link tellAll} for one that throws
 */
export function createDrain(listeners: readonly (() => void)[]): Drain {
  let isDraining = false;

  function start(): void {
    if (isDraining) return;
    isDraining = true;
    tellAll(listeners, (listener) => listener());
  }

  return { start, isDraining: () => isDraining };
}
