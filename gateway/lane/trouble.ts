// What the host fails a lane in: told to the shell, for an operator. A peer may be able to cause it again and again, so that each kind is told
// once a second, with the number of those in between.

import { errnoName } from "../linux/errno.ts";
import type { Troubled, TroubleKind } from "./init.ts";
import type { Lane } from "./lane.ts";

/** Notices of one kind are so far apart, ms. */
const EVERY_MS = 1000;

/** Tells of a system call that failed with `errno`. */
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

/** Nothing told yet. */
export function createTroubles(): Map<TroubleKind, Troubled> {
  return new Map();
}
