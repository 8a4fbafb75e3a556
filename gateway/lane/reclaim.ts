// Rings for connections that wait for one. A connection that has held one for some time gives it up
// and ends: one of the waiting connection's own source, since sources have bounds of their own, or
// else one of the source that holds most. Those whose peers have proved a key come last. Among the
// others of a source, the one that has been without valid traffic for longest is the first.
//
// The core keeps half of the pool for those that have proved a key, and bounds what each source
// has without one (`wasm-core/src/sources/rings.rs`). So this is about the peers of one source, and
// about sources without number.
//
// Rings may be held by connections of any lane. A lane that finds too few among its own asks the
// others.

import { Status } from "../../ts-bindings/status.ts";
import type { Connection } from "./connection.ts";
import { doom, type Lane, starve } from "./lane.ts";
import { orderOthers } from "./order_others.ts";
import { rowAddress, rowHeldAt, rowTrustedAt, rowTxPartialAt, rowWordAt } from "./row.ts";
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
  if (reclaim(lane, wanted) < wanted) orderOthers(lane, ORDER_RECLAIM);
}

/** Frees rings for another lane that has asked. */
export function reclaimForOthers(lane: Lane): void {
  if (lane.now >= lane.reclaimAt) reclaim(lane, FOR_OTHERS_MAX);
}

/** Ends up to `wanted` connections. Returns the number of those ended. */
function reclaim(lane: Lane, wanted: number): number {
  lane.reclaimAt = lane.now + EVERY_MS;
  const groups = groupHolders(lane);
  const askers = lane.starved.flatMap((connection) => {
    const group = groupOf(lane, connection);
    return [group, group];
  });
  let ended = 0;
  for (; ended < wanted; ended++) {
    const asker = askers[ended] ?? ANOTHER;
    const own = asker === PROVED ? undefined : groups.get(asker);
    let group = own ?? heavier(groups, asker);
    let connection = nextOf(lane, group);
    while (connection === undefined && group !== undefined) {
      group = heavier(groups, asker);
      connection = nextOf(lane, group);
    }
    if (connection === undefined) break;
    doom(lane, connection, Status.FrameTimeout);
  }
  return ended;
}

/** Connections of one source that hold rings. */
interface Group {
  /** All of them. */
  count: number;
  /** Those that may be ended, the longest without valid traffic first. */
  readonly silent: Connection[];
}

function groupHolders(lane: Lane): Map<string, Group> {
  const groups = new Map<string, Group>();
  const heldMax = lane.init.frameTimeoutMs * PATIENCE;
  for (const connection of lane.live) {
    const held = silentMs(lane, connection);
    if (held < 0) continue;
    const name = groupOf(lane, connection);
    const group = groups.get(name) ?? { count: 0, silent: [] };
    groups.set(name, group);
    group.count++;
    if (held > heldMax) group.silent.push(connection);
  }
  for (const { silent } of groups.values()) {
    silent.sort((a, b) => rowWordAt(lane.tables, a.row) - rowWordAt(lane.tables, b.row));
  }
  return groups;
}

/** Takes the next connection out of a group that may be ended. */
function nextOf(lane: Lane, group: Group | undefined): Connection | undefined {
  for (;;) {
    const connection = group?.silent.shift();
    if (group === undefined || connection === undefined) return undefined;
    if (isOurFault(lane, connection)) continue;
    group.count--;
    return connection;
  }
}

/**
 * The source that holds most, if it holds more than the one that asks. For one that has proved a
 * key, it may also be any other, and if there is none, the group of those that have.
 */
function heavier(groups: ReadonlyMap<string, Group>, asker: string): Group | undefined {
  let found: Group | undefined;
  let most = asker === PROVED ? 0 : groups.get(asker)?.count ?? 0;
  for (const [name, group] of groups) {
    if (name === PROVED || group.silent.length === 0 || group.count <= most) continue;
    found = group;
    most = group.count;
  }
  if (found !== undefined || asker !== PROVED) return found;
  const proved = groups.get(PROVED);
  return proved !== undefined && proved.silent.length > 0 ? proved : undefined;
}

/** The group of those that have proved a key, whatever their source. */
const PROVED = "";
/** An asker of another lane. */
const ANOTHER = "another";

/** The source of a connection that has not proved a key: its IPv4 address, or its IPv6 /64. */
function groupOf({ tables }: Lane, { row }: Connection): string {
  return rowTrustedAt(tables, row) === 0 ? rowAddress(tables, row).subarray(0, 8).join() : PROVED;
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
 * traffic; -1 without a ring.
 */
function silentMs({ tables, now }: Lane, { row }: Connection): number {
  const held = Math.max(
    since(now, rowHeldAt(tables, row)),
    since(now, rowTxPartialAt(tables, row)),
  );
  return Math.min(held, now - rowWordAt(tables, row));
}

/** Returns the time since a moment, ms; -1 if the moment is 0, which is none. */
function since(now: number, at: number): number {
  return at === 0 ? -1 : now - at;
}
