// The drain (`--drain-timeout-ms`). The lane accepts nothing and reads no TCP, and queued frames
// leave. A connection closes when its queue is empty; the timeout resets the rest.

import { Status } from "../../ts-bindings/status.ts";
import { SIOCOUTQ } from "../linux/constants.ts";
import { closeConnection, resetOnClose } from "./close.ts";
import type { Connection } from "./connection.ts";
import type { Lane } from "./lane.ts";
import { finish } from "./receive.ts";
import { rowTxQueued } from "./row.ts";

/** Interval, ms, at which a draining lane looks for connections that are done. */
export const DRAIN_POLL_MS = 5;

/** A draining lane that takes no turn for this long, ms, has stood still. */
const STILL_MS = 1000;

/** Starts the drain. Idempotent. */
export function startDrain(lane: Lane): void {
  if (lane.isDraining) return;
  lane.isDraining = true;
  lane.drainDueAt = lane.now + lane.init.drainTimeoutMs;
  lane.drainSeenAt = lane.now;
  for (const connection of lane.live) finish(lane, connection, Status.Drained);
}

/** Closes the connections whose octets have left. After the timeout it resets the others. */
export function checkDrain(lane: Lane): void {
  if (!lane.isDraining) return;
  excuseStandstill(lane);
  const isLate = lane.now >= lane.drainDueAt;
  for (const connection of lane.live) {
    if (isLate) resetOnClose(lane, connection);
    if (isLate || hasLeft(lane, connection)) closeConnection(lane, connection, Status.Drained);
  }
}

/** Takes time in which the lane has not run, such as a pause of the process, off the drain's. */
function excuseStandstill(lane: Lane): void {
  const gap = lane.now - lane.drainSeenAt;
  lane.drainSeenAt = lane.now;
  if (gap > STILL_MS) lane.drainDueAt += gap;
}

/**
 * Whether the peer has acknowledged every octet that was queued.
 *
 * Unread octets of the peer would make `close` answer with RST, and the kernel would drop octets
 * that are still on their way.
 */
function hasLeft(lane: Lane, connection: Connection): boolean {
  const { libc, tables } = lane;
  if (rowTxQueued(tables, connection.row) !== 0) return false;
  tables.u32[tables.scratch >>> 2] = 0;
  libc.ioctl(connection.fd, SIOCOUTQ, tables.scratchAt);
  return tables.u32[tables.scratch >>> 2] === 0;
}
