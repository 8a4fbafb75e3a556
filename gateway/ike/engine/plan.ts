// Settings as plain data, which a message can carry to another thread. The pools, which live where
// the engine does, are made there.

import type { IpAddress } from "../../model/address.ts";
import type { Prefix } from "../../model/prefix.ts";
import type { LeaseBook } from "../leases/book.ts";
import type { IkeSettings, PeerPolicy, Pools } from "./settings.ts";

/** A peer, with prefixes in the place of pools. */
export interface PeerPlan extends Omit<PeerPolicy, "pools"> {
  /** Where its address comes from; null for the pool of all. */
  readonly pool: readonly Prefix[] | null;
}

/** Settings of the engine, with prefixes in the place of pools. */
export interface IkePlan extends Omit<IkeSettings, "peers" | "pools"> {
  readonly peers: readonly PeerPlan[];
  /** Prefixes of both families, without overlaps. */
  readonly pool: readonly Prefix[];
  /** Addresses of the pools that clients must not get. */
  readonly reserved: readonly IpAddress[];
}

/**
 * Makes the engine's settings. The secrets are those of the plan.
 *
 * @param book Of the process: it stays when a plan takes another one's place
 */
export function settingsOf(plan: IkePlan, book: LeaseBook): IkeSettings {
  const { pool, peers, reserved: _, ...rest } = plan;
  return {
    ...rest,
    pools: poolsOf(pool, book),
    peers: peers.map(({ pool: own, ...peer }) => ({
      ...peer,
      pools: own === null ? null : poolsOf(own, book),
    })),
  };
}

/** Wipes the secrets of a plan that nobody uses any more. */
export function wipePlan(
  { peers, tickets, certificates }: Pick<IkePlan, "peers" | "tickets" | "certificates">,
): void {
  for (const { psk, ppk } of peers) {
    psk?.fill(0);
    ppk?.key.fill(0);
  }
  for (const { key } of tickets?.keys ?? []) key.fill(0);
  certificates?.own?.key.fill(0);
}

function poolsOf(prefixes: readonly Prefix[], book: LeaseBook): Pools {
  const ofFamily = (len: number): Pools["v4"] => {
    const own = prefixes.filter(({ octets }) => octets.length === len);
    return own.length === 0 ? null : book.pool(own);
  };
  return { v4: ofFamily(4), v6: ofFamily(16) };
}
