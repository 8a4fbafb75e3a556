// The part of a gateway that IKE inside adds.

import type { GatewayConfig } from "../config/types.ts";
import type { NativeEngine } from "../engine/native.ts";
import { type IkePlan, wipePlan } from "../ike/engine/plan.ts";
import type { Totals } from "../model/totals.ts";
import type { Descriptors } from "./descriptors.ts";
import { type Ike, type IkeLinks, type IkeOptions, startIke, type StartIkeOptions } from "./ike.ts";
import { createIkePeers } from "./ike_peers.ts";

/** What IKE inside is told by whoever starts the gateway. */
export interface InsideOptions extends Omit<IkeOptions, "plan"> {
  /** Makes the plan, once it is known who runs the AEAD of ESP. */
  readonly plan: (engine: "wasm" | "native") => IkePlan;
}

/** The parts of the gateway that are there already. */
export interface IkeInsideOptions extends
  Omit<
    StartIkeOptions,
    keyof IkeOptions | "ikeLinks" | "laneEventfds" | "logFormat" | "onFailure"
  > {
  /** Null where IKE is not inside. */
  readonly ike: InsideOptions | null;
  /** Null if the core runs the AEAD. */
  readonly native: NativeEngine | null;
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
  const plan = ike.plan(options.native === null ? "wasm" : "native");
  try {
    return await startIke({
      ...options,
      ...ike,
      plan,
      ikeLinks,
      laneEventfds: descriptors.eventfds,
      logFormat: config.logFormat,
      onFailure: ikeFailed,
    });
  } finally {
    // The worker has its own.
    wipePlan(plan);
  }
}

/** Counts where IKE is not inside. */
export const NO_IKE: Totals["ike"] = createIkePeers({ date: () => new Date() }).totals();
