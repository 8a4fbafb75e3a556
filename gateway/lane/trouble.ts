// Failures of the host, which the shell hears of for an operator. A peer may be able to cause one
// again and again, so each kind is told once a second, with the number of those in between.

import { errnoName } from "../linux/errno.ts";
import type { Troubled, TroubleKind } from "./init.ts";
import type { Lane } from "./lane.ts";

/** Interval between notices of one kind, ms. */
const EVERY_MS = 1000;

/**
 * Tells the shell of a system call that failed.
 *
 * @param errno The call's error
 */
export function tellTrouble(lane: Lane, trouble: TroubleKind, errno: number): void {
  const { now, troubles } = lane;
  const last = troubles.get(trouble);
  if (last !== undefined && now - last.at < EVERY_MS) {
    last.suppressed++;
    return;
  }
  troubles.set(trouble, { at: now, suppressed: 0 });
  const suppressed = last?.suppressed ?? 0;
  lane.tell({ kind: "trouble", trouble, reason: errnoName(errno), suppressed });
}

/** Makes the record of a lane that has told nothing yet. */
export function createTroubles(): Map<TroubleKind, Troubled> {
  return new Map();
}
