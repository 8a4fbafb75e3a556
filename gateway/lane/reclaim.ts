// Rings when the pool has none. Whoever has held one for some time gives it up with its connection, the one that has been without a valid word
// for longest first: a peer with a begun frame on each of many connections would else keep everybody's, for as long as it likes.
//
// Rings lie with any lane. A lane that finds too few with its own connections asks the others.

import { LANE_ORDERS } from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import type { Connection } from "./connection.ts";
import { doom, type Lane, starve } from "./lane.ts";
import { rowHeldAt, rowTxPartialAt, rowWordAt } from "./row.ts";

/** Order of one lane to the others: give up rings. Beside those of the shell (`commands.ts`). */
export const ORDER_RECLAIM = 4;

/** While the pool is empty a ring may be held for this part of `--frame-timeout-ms`. */
const PATIENCE = 1 / 20;

/** Connections are looked through this often at most, ms. */
const EVERY_MS = 100;

/** So many end at a time, and so many for another lane. */
const AT_ONCE_MAX = 64;
const FOR_OTHERS_MAX = 8;

/** Puts a connection aside that has found the pool empty. */
export function starveOfRing(lane: Lane, connection: Connection): void {
  lane.isShortOfRings = true;
  starve(lane, connection);
}

/** Frees rings for the connections that wait for one, if any do. */
export function reclaimRings(lane: Lane): void {
  if (!lane.isShortOfRings || lane.now < lane.reclaimAt) return;
  lane.isShortOfRings = false;
  // One for what came, one for the answer.
  const wanted = Math.min(2 * lane.starved.length, AT_ONCE_MAX);
  if (reclaim(lane, wanted) < wanted) askOthers(lane);
}

/** Frees rings for another lane, which has asked. */
export function reclaimForOthers(lane: Lane): void {
  if (lane.now >= lane.reclaimAt) reclaim(lane, FOR_OTHERS_MAX);
}

/** Ends up to `wanted` connections; how many. */
function reclaim(lane: Lane, wanted: number): number {
  lane.reclaimAt = lane.now + EVERY_MS;
  const heldMax = lane.init.frameTimeoutMs * PATIENCE;
  const holders = [...lane.live].filter((connection) => silentMs(lane, connection) > heldMax);
  holders.sort((a, b) => rowWordAt(lane.tables, a.row) - rowWordAt(lane.tables, b.row));
  const ended = holders.slice(0, wanted);
  for (const connection of ended) doom(lane, connection, Status.FrameTimeout);
  return ended.length;
}

/** How long a connection has held a ring without emptying it, and without a valid word; 0 without a ring. */
function silentMs({ tables, now }: Lane, { row }: Connection): number {
  const held = Math.max(
    since(now, rowHeldAt(tables, row)),
    since(now, rowTxPartialAt(tables, row)),
  );
  return Math.min(held, now - rowWordAt(tables, row));
}

/** How long ago a moment was; 0 if there was none. */
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
