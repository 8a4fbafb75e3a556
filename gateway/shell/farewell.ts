// The farewell of a gateway with IKE inside: each peer that has a connection gets a Delete, so that
// it knows at once. Without one it would find out by its own liveness check, minutes later.

import { startRunningTimer } from "../linux/running_timer.ts";
import type { Client } from "./client.ts";
import type { ConnectionRows } from "./connection_rows.ts";
import type { DrainOptions } from "./drain.ts";
import type { Ike } from "./ike.ts";

/** Time for peers to agree to the end, ms. */
export const FAREWELL_MS = 2000;

/** Most Deletes that are ordered at a time: answers are taken in between. */
const BATCH_MAX = 256;

/** Time between two batches, and between two looks at those who have not answered yet, ms. */
const POLL_MS = 10;

/** What it works on. */
export interface FarewellOptions {
  readonly ike: {
    readonly peers: Pick<Ike["peers"], "peers">;
    readonly order: Ike["order"];
  };
  readonly rows: Pick<ConnectionRows, "locate">;
  /** How long it may take, ms; default FAREWELL_MS. */
  readonly timeoutMs?: number;
}

/** The farewells of a gateway. A client deletes its own IKE SA, and begins none any more. */
export function farewellsOf(
  { ike, client, rows }: {
    /** Undefined if IKE is not inside. */
    readonly ike: Ike | undefined;
    /** Undefined if this side does not begin IKE. */
    readonly client: Pick<Client, "end"> | undefined;
    readonly rows: FarewellOptions["rows"];
  },
): DrainOptions["farewells"] {
  if (client !== undefined) return [client.end];
  return ike === undefined ? [] : [() => sayFarewell({ ike, rows })];
}

/**
 * Deletes the IKE SAs of all peers that have a connection (RFC 7296 §1.4.1), those that come up
 * meanwhile too. Resolves when all have agreed, or when the time is over.
 */
export async function sayFarewell(
  { ike, rows, timeoutMs = FAREWELL_MS }: FarewellOptions,
): Promise<void> {
  const told = new Set<number>();
  let isLate = false;
  const endTimer = startRunningTimer(timeoutMs, () => void (isLate = true));
  while (!isLate) {
    const left = ike.peers.peers().filter(({ path }) => rows.locate(path) !== undefined);
    if (left.length === 0) break;
    for (const { id } of left.filter(({ id }) => !told.has(id)).slice(0, BATCH_MAX)) {
      told.add(id);
      ike.order({ kind: "end", ike: id });
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  endTimer();
}
