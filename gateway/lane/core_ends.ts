// The core's numbers for the ends of connections: it has to know what becomes of a frame before a
// lane sees it.

import {
  IKE_DROP,
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

/** Says to the core what a lane is going to do. */
export function coreEnds({ ike, unknownSpi }: Ends): CoreEnds {
  return { ike: IKE[ike.kind], unknownSpi: UNKNOWN_SPI[unknownSpi.kind] };
}

const IKE: Readonly<Record<Ends["ike"]["kind"], number>> = {
  none: IKE_DROP,
  upstream: IKE_RELAY,
};

const UNKNOWN_SPI: Readonly<Record<Ends["unknownSpi"]["kind"], number>> = {
  drop: UNKNOWN_SPI_DROP,
  relay: UNKNOWN_SPI_RELAY,
};
