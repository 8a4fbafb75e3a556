// The drain of a gateway: it takes no new connections, and those that are there end in time.

import { tellAll } from "./tell_all.ts";

/** The one drain of a gateway. */
export interface Drain {
  /**
   * Starts it, and tells all parts that have to act on it. Idempotent.
   *
   * @returns Resolves once the lanes drain
   */
  start(): Promise<void>;
  isDraining(): boolean;
}

/** The parts that act on a drain. */
export interface DrainOptions {
  /**
   * Called when it starts, in this order; {@link tellAll} says what happens when one throws.
   */
  readonly listeners: readonly (() => void)[];
  /** What is said to peers while connections are still read. Each is bounded in time. */
  readonly farewells: readonly (() => Promise<void>)[];
  /** Ends the connections. Called at once if there is no farewell. */
  readonly lanes: () => void;
}

/** Makes the drain of a gateway. */
export function createDrain({ listeners, farewells, lanes }: DrainOptions): Drain {
  let draining: Promise<void> | undefined;

  function start(): Promise<void> {
    if (draining !== undefined) return draining;
    const { promise, resolve } = Promise.withResolvers<void>();
    draining = promise;
    tellAll([...listeners, end], (listener) => listener());
    return draining;

    function end(): void {
      const drained = (): void => {
        lanes();
        resolve();
      };
      if (farewells.length === 0) return drained();
      void Promise.allSettled(farewells.map((farewell) => farewell())).then(drained);
    }
  }

  return { start, isDraining: () => draining !== undefined };
}
