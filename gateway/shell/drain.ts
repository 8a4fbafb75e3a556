// The drain of a gateway: it takes no new connections, and those that are there end in time.

import { tellAll } from "./tell_all.ts";

/** The one drain of a gateway. */
export interface Drain {
  /** Starts it, and tells all parts that have to act on it. Idempotent. */
  start(): void;
  isDraining(): boolean;
}

/**
 * Makes the drain of a gateway.
 *
 * @param listeners Called when it starts, in this order; {@link tellAll} says what happens when one
 *   throws
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
