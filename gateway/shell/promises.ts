// SPIs that IKE has offered for inbound SAs. A peer may send by one before its answer has made the
// SA here: lanes set such packets aside, and are told when the SA has come or never will
// (docs/design/data-path.md, where ESP goes).

import type { Core } from "../../ts-bindings/core.ts";
import type { SaListener } from "./sa_changes.ts";

/** The promises of a gateway. */
export interface Promises {
  /** Has packets of an SPI wait. It is promised before its offer is sent. */
  promise(spi: number): void;
  /** Takes a promise back: packets of it are dropped. Does nothing if there is none. */
  forget(spi: number): void;
  /** Keeps promises: to be told of each install. */
  readonly listener: SaListener;
}

export interface PromisesOptions {
  readonly core: Pick<Core, "spi_promise" | "spi_forget">;
  /** Number of the shell's block. */
  readonly index: number;
  /** Has all lanes look at the packets that wait. */
  readonly settle: () => void;
}

/** Makes a table without promises. */
export function createPromises({ core, index, settle }: PromisesOptions): Promises {
  const promised = new Set<number>();
  return {
    promise(spi): void {
      promised.add(spi);
      core.spi_promise(index, spi);
    },
    forget(spi): void {
      if (!promised.delete(spi)) return;
      core.spi_forget(index, spi);
      settle();
    },
    listener: {
      installed({ spec: { spi, direction } }): void {
        if (direction === "inbound" && promised.delete(spi)) settle();
      },
      removed: () => undefined,
    },
  };
}
