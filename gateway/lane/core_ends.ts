// The core's numbers for the ends of connections. The core decides by them before a lane sees a
// frame.

import {
  IKE_DROP,
  IKE_HAND_OVER,
  IKE_RELAY,
  UNKNOWN_SPI_DROP,
  UNKNOWN_SPI_RELAY,
} from "../../ts-bindings/layout.ts";
import type { Ends } from "../edges/ends.ts";

/** The last two parameters of `core_init`. */
export interface CoreEnds {
  /** An `IKE_` value. */
  readonly ike: number;
  /** An `UNKNOWN_SPI_` value. */
  readonly unknownSpi: number;
}

/** The kinds of the ends of all connections, by which the core decides. */
export interface EndKinds {
  readonly ike: Pick<Ends["ike"], "kind">;
  readonly unknownSpi: Pick<Ends["unknownSpi"], "kind">;
}

/** Returns the core's numbers for the ends that lanes have. */
export function coreEnds({ ike, unknownSpi }: EndKinds): CoreEnds {
  return { ike: IKE[ike.kind], unknownSpi: UNKNOWN_SPI[unknownSpi.kind] };
}

const IKE: Readonly<Record<Ends["ike"]["kind"], number>> = {
  none: IKE_DROP,
  upstream: IKE_RELAY,
  inside: IKE_HAND_OVER,
};

const UNKNOWN_SPI: Readonly<Record<Ends["unknownSpi"]["kind"], number>> = {
  drop: UNKNOWN_SPI_DROP,
  relay: UNKNOWN_SPI_RELAY,
};
