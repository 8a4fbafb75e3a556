// Drain (`--drain-timeout-ms`): nothing is accepted and no TCP is read; queued frames leave; a connection closes when its queue
// is empty, and what is left at the timeout is reset.

import { Status } from "../../ts-bindings/status.ts";
import { SIOCOUTQ } from "../linux/constants.ts";
import { closeConnection, resetOnClose } from "./close.ts";
import type { Connection } from "./connection.ts";
import type { Lane } from "./lane.ts";
import { finish } from "./receive.ts";
import { rowTxQueued } from "./row.ts";

/** How often a lane that drains looks whether its connections are done, ms. */
export const DRAIN_POLL_MS = 5;

/** Starts to drain. Idempotent. */
export function startDrain(lane: Lane): void {
  if (lane.isDraining) return;
  lane.isDraining = true;
  lane.drainDueAt = lane.now + lane.init.drainTimeoutMs;
  for (const connection of lane.live) finish(lane, connection, Status.Drained);
}

/** Closes what has left, and resets what has not left in time. */
export function checkDrain(lane: Lane): void {
  if (!lane.isDraining) return;
  const isLate = lane.now >= lane.drainDueAt;
  for (const connection of lane.live) {
    if (isLate) resetOnClose(lane, connection);
    if (isLate || hasLeft(lane, connection)) closeConnection(lane, connection, Status.Drained);
  }
}

/**
 * Whether the peer has acknowledged every octet that was queued.
 *
 * It may have sent what nobody reads any more; `close` then answers with RST, and the kernel forgets what is still on its way.
 */
function hasLeft(lane: Lane, connection: Connection): boolean {
  const { libc, tables } = lane;
  if (rowTxQueued(tables, connection.row) !== 0) return false;
  tables.u32[tables.scratch >>> 2] = 0;
  libc.ioctl(connection.fd, SIOCOUTQ, tables.scratchAt);
  return tables.u32[tables.scratch >>> 2] === 0;
}
