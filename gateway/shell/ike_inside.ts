// The part of a gateway that IKE inside adds.

import type { GatewayConfig } from "../config/types.ts";
import type { Totals } from "../model/totals.ts";
import type { Descriptors } from "./descriptors.ts";
import { type Ike, type IkeLinks, type IkeOptions, startIke, type StartIkeOptions } from "./ike.ts";
import { createIkePeers } from "./ike_peers.ts";

/** The parts of the gateway that are there already. */
export interface IkeInsideOptions extends
  Omit<
    StartIkeOptions,
    keyof IkeOptions | "ikeLinks" | "laneEventfds" | "logFormat" | "onFailure"
  > {
  /** Null where IKE is not inside. */
  readonly ike: IkeOptions | null;
  readonly config: Pick<GatewayConfig, "logFormat">;
  /** Undefined where IKE is not inside. */
  readonly ikeLinks: IkeLinks | undefined;
  readonly descriptors: Pick<Descriptors, "eventfds">;
  readonly ikeFailed: (reason: string) => void;
}

/** Starts the IKE of this process; undefined if it is not asked for. */
export async function startIkeInside(options: IkeInsideOptions): Promise<Ike | undefined> {
  const { ike, ikeLinks, descriptors, config, ikeFailed } = options;
  if (ike === null || ikeLinks === undefined) return undefined;
  return await startIke({
    ...options,
    ...ike,
    ikeLinks,
    laneEventfds: descriptors.eventfds,
    logFormat: config.logFormat,
    onFailure: ikeFailed,
  });
}

/** Counts where IKE is not inside. */
export const NO_IKE: Totals["ike"] = createIkePeers({ date: () => new Date() }).totals();
