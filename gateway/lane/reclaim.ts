// Rings when the pool has none. A connection that has held one for some time gives it up and ends.
// The connection that has been without valid traffic for longest is the first. Otherwise a peer
// with a begun frame on each of many connections could keep all rings for as long as it likes.
//
// Rings may be held by connections of any lane. A lane that finds too few among its own asks the
// others.

import { LANE_ORDERS } from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import type { Connection } from "./connection.ts";
import { doom, type Lane, starve } from "./lane.ts";
import { rowHeldAt, rowTxPartialAt, rowWordAt } from "./row.ts";
import { hasUnread } from "./unread.ts";

/** Order of one lane to the others: give up rings. The shell's orders are in `commands.ts`. */
export const ORDER_RECLAIM = 4;

/** Part of `--frame-timeout-ms` for which a ring may be held while the pool is empty. */
const PATIENCE = 1 / 20;

/** Least interval between two searches for rings, ms. */
const EVERY_MS = 100;

/** Most connections that end at a time for this lane, and for another lane. */
const AT_ONCE_MAX = 64;
const FOR_OTHERS_MAX = 8;

/** Puts a connection aside that has found the pool empty. */
export function starveOfRing(lane: Lane, connection: Connection): void {
  lane.isShortOfRings = true;
  starve(lane, connection);
}

/** Frees rings for the connections that wait for one. */
export function reclaimRings(lane: Lane): void {
  if (!lane.isShortOfRings || lane.now < lane.reclaimAt) return;
  lane.isShortOfRings = false;
  // One ring for what came, and one for the answer.
  const wanted = Math.min(2 * lane.starved.length, AT_ONCE_MAX);
  if (reclaim(lane, wanted) < wanted) askOthers(lane);
}

/** Frees rings for another lane that has asked. */
export function reclaimForOthers(lane: Lane): void {
  if (lane.now >= lane.reclaimAt) reclaim(lane, FOR_OTHERS_MAX);
}

/** Ends up to `wanted` connections. Returns the number of those ended. */
function reclaim(lane: Lane, wanted: number): number {
  lane.reclaimAt = lane.now + EVERY_MS;
  const heldMax = lane.init.frameTimeoutMs * PATIENCE;
  const holders = [...lane.live].filter((connection) => silentMs(lane, connection) > heldMax);
  holders.sort((a, b) => rowWordAt(lane.tables, a.row) - rowWordAt(lane.tables, b.row));
  let ended = 0;
  for (const connection of holders) {
    if (ended === wanted) break;
    if (isOurFault(lane, connection)) continue;
    doom(lane, connection, Status.FrameTimeout);
    ended++;
  }
  return ended;
}

/**
 * Whether the lane is the reason why a ring is not empty: it has not read on, or the daemon's
 * socket is full.
 */
function isOurFault(lane: Lane, connection: Connection): boolean {
  return connection.isUpstreamBlocked || hasUnread(lane, connection);
}

/**
 * Returns how long a connection has held a ring, in ms, without emptying it and without valid
 * traffic; 0 without a ring.
 */
function silentMs({ tables, now }: Lane, { row }: Connection): number {
  const held = Math.max(
    since(now, rowHeldAt(tables, row)),
    since(now, rowTxPartialAt(tables, row)),
  );
  return Math.min(held, now - rowWordAt(tables, row));
}

/** Returns the time since a moment, ms; 0 if the moment is 0, which is none. */
function since(now: number, at: number): number {
  return at === 0 ? 0 : now - at;
}

function askOthers(lane: Lane): void {
  const { core, init, libc, tables } = lane;
  init.eventfds.forEach((eventfd, other) => {
    if (other === lane.index) return;
    Atomics.or(tables.i32, (core.lane_block(other) + LANE_ORDERS) >>> 2, ORDER_RECLAIM);
    libc.write(eventfd, tables.oneAt, 8);
  });
}
