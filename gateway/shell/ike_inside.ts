// The part of a gateway that IKE inside adds.

import type { GatewayConfig } from "../config/types.ts";
import type { NativeEngine } from "../engine/native.ts";
import { type IkePlan, wipePlan } from "../ike/engine/plan.ts";
import type { Totals } from "../model/totals.ts";
import type { Descriptors } from "./descriptors.ts";
import type { EventHub } from "./events.ts";
import { type Ike, type IkeLinks, type IkeOptions, startIke, type StartIkeOptions } from "./ike.ts";
import { createIkePeers } from "./ike_peers.ts";
import type { Sad } from "./sad.ts";

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
  readonly events: Pick<EventHub, "subscribe" | "tell" | "tellOfStranger">;
  readonly sad: Pick<Sad, "find" | "idsOf" | "usePathOf">;
}

/** Starts the IKE of this process; undefined if it is not asked for. */
export async function startIkeInside(options: IkeInsideOptions): Promise<Ike | undefined> {
  const { ike, ikeLinks, descriptors, config, ikeFailed } = options;
  if (ike === null || ikeLinks === undefined) return undefined;
  const plan = ike.plan(options.native === null ? "wasm" : "native");
  try {
    const started = await startIke({
      ...options,
      ...ike,
      plan,
      ikeLinks,
      laneEventfds: descriptors.eventfds,
      logFormat: config.logFormat,
      onFailure: ikeFailed,
    });
    followSas(started, options);
    return started;
  } finally {
    // The worker has its own.
    wipePlan(plan);
  }
}

/** The IKE of this process, for those that are made before it. */
export interface IkeHolder {
  ike: Ike | undefined;
}

/** Whether the SAs of these peers are of one identity, by the same entry of the configuration. */
export function isOneIdentity(ike: Ike | undefined, names: readonly [string, string]): boolean {
  const [one, other] = names.map((name) => ike?.peers.ofSas(name));
  return one !== undefined && other !== undefined && one.policy === other.policy &&
    one.identity === other.identity;
}

/**
 * Tells IKE what the data path has seen of its SAs: the first packet on a new inbound one, after
 * which packets may leave by its pair (RFC 7296 §2.8), and a limit that asks for a rekey.
 */
export function followSas(
  ike: Ike,
  { events, sad }: {
    readonly events: Pick<EventHub, "subscribe">;
    readonly sad: Pick<Sad, "find">;
  },
): () => void {
  return events.subscribe(({ event, fields }) => {
    if (event !== "sa_first_packet" && event !== "sa_soft_limit") return;
    const spec = sad.find(Number(fields["sa"]))?.spec;
    const peer = spec && ike.peers.ofSas(spec.peer);
    if (spec === undefined || peer === undefined) return;
    if (event === "sa_soft_limit") ike.order({ kind: "rekey", ike: peer.id, what: "children" });
    else if (spec.direction === "inbound") ike.order({ kind: "used", spi: spec.spi });
  });
}

/** Counts where IKE is not inside. */
export const NO_IKE: Totals["ike"] = createIkePeers({ date: () => new Date() }).totals();
