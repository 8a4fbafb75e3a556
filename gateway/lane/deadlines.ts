// Which deadline a connection is under, from its state and its row; the heap itself is `timers.ts`.

import { CONN_ENABLED, CONN_PREFIXED } from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import type { Connection } from "./connection.ts";
import { doom, type Lane } from "./lane.ts";
import { rowTxPartialAt, rowValidAt } from "./row.ts";

/** Makes sure that the lane wakes for the earliest deadline of a connection. Touches the heap only when that moves earlier. */
export function armTimer(lane: Lane, connection: Connection): void {
  const due = dueAt(lane, connection);
  if (due === Infinity) return;
  if (connection.timerDue !== 0 && connection.timerDue <= due) return;
  connection.timerDue = due;
  lane.timers.arm(connection.row, due);
}

/** The first message that was passed upstream, relayed, or authenticated here ends the prefix timer (docs/design/data-path.md, states). */
export function enable(lane: Lane, connection: Connection): void {
  if (connection.state !== CONN_PREFIXED) return;
  connection.state = CONN_ENABLED;
  lane.core.conn_state(lane.index, connection.row, CONN_ENABLED);
  if (lane.init.idleTimeoutMs > 0) armTimer(lane, connection);
}

/** Ends the connections whose deadline has passed; the others are armed again. */
export function runTimers(lane: Lane): void {
  for (;;) {
    const row = lane.timers.nextDue(lane.now);
    if (row === -1) return;
    const connection = lane.connections[row];
    if (connection === undefined) continue;
    connection.timerDue = 0;
    const status = expired(lane, connection);
    if (status === 0) armTimer(lane, connection);
    else doom(lane, connection, status);
  }
}

/** Earliest deadline, monotonic ms; Infinity without one. */
function dueAt(lane: Lane, connection: Connection): number {
  return Math.min(
    prefixDueAt(lane, connection),
    frameDueAt(lane, connection.partialAt),
    frameDueAt(lane, rowTxPartialAt(lane.tables, connection.row)),
    idleDueAt(lane, connection),
  );
}

/** Status of the deadline that has passed, 0 if none has. */
function expired(lane: Lane, connection: Connection): number {
  const { now } = lane;
  if (prefixDueAt(lane, connection) <= now) return Status.PrefixTimeout;
  if (frameDueAt(lane, connection.partialAt) <= now) return Status.FrameTimeout;
  const stuckAt = rowTxPartialAt(lane.tables, connection.row);
  if (frameDueAt(lane, stuckAt) <= now) return Status.SendStalled;
  return idleDueAt(lane, connection) <= now ? Status.IdleTimeout : 0;
}

function prefixDueAt(lane: Lane, connection: Connection): number {
  if (connection.state >= CONN_ENABLED) return Infinity;
  return connection.openedAt + lane.init.prefixTimeoutMs;
}

function frameDueAt(lane: Lane, since: number): number {
  return since === 0 ? Infinity : since + lane.init.frameTimeoutMs;
}

function idleDueAt(lane: Lane, connection: Connection): number {
  if (lane.init.idleTimeoutMs === 0 || connection.state < CONN_ENABLED) return Infinity;
  const validAt = Math.max(rowValidAt(lane.tables, connection.row), connection.openedAt);
  return validAt + lane.init.idleTimeoutMs;
}
