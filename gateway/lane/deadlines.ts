// The deadlines of a connection, which follow from its row. The heap of timers is in `timers.ts`.

import { CONN_ENABLED, CONN_PREFIXED } from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import type { Connection } from "./connection.ts";
import { doom, type Lane } from "./lane.ts";
import { rowOpenedAt, rowPartialAt, rowState, rowTxPartialAt, rowWordAt } from "./row.ts";

/**
 * Makes sure that the lane wakes for the earliest deadline of a connection. It touches the heap
 * only if that is earlier than the entry there.
 */
export function armTimer(lane: Lane, connection: Connection): void {
  const due = dueAt(lane, connection.row);
  if (due === Infinity) return;
  if (connection.timerDue !== 0 && connection.timerDue <= due) return;
  connection.timerDue = due;
  lane.timers.arm(connection.row, due);
}

/**
 * Ends the prefix timer at the first message that was passed upstream, relayed, or authenticated
 * here (docs/design/data-path.md, states).
 */
export function enable(lane: Lane, connection: Connection): void {
  if (rowState(lane.tables, connection.row) !== CONN_PREFIXED) return;
  lane.core.conn_state(lane.index, connection.row, CONN_ENABLED);
  if (lane.init.idleTimeoutMs > 0) armTimer(lane, connection);
}

/** Ends the connections whose deadline has passed, and arms the others again. */
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

/** Returns the earliest deadline of a row's connection, monotonic ms; Infinity without one. */
function dueAt(lane: Lane, row: number): number {
  const { tables } = lane;
  return Math.min(
    prefixDueAt(lane, row),
    frameDueAt(lane, rowPartialAt(tables, row)),
    frameDueAt(lane, rowTxPartialAt(tables, row)),
    idleDueAt(lane, row),
  );
}

/** Returns the status of the deadline that has passed; 0 if none has. */
function expired(lane: Lane, { row, heldAt }: Connection): number {
  const { now, tables } = lane;
  if (prefixDueAt(lane, row) <= now) {
    // The first message did come, and the daemon could not be given it.
    return heldAt > 0 ? Status.IkeUndelivered : Status.PrefixTimeout;
  }
  if (frameDueAt(lane, rowPartialAt(tables, row)) <= now) return Status.FrameTimeout;
  if (frameDueAt(lane, rowTxPartialAt(tables, row)) <= now) return Status.SendStalled;
  return idleDueAt(lane, row) <= now ? Status.IdleTimeout : 0;
}

function prefixDueAt({ tables, init }: Lane, row: number): number {
  if (rowState(tables, row) >= CONN_ENABLED) return Infinity;
  return rowOpenedAt(tables, row) + init.prefixTimeoutMs;
}

function frameDueAt(lane: Lane, since: number): number {
  return since === 0 ? Infinity : since + lane.init.frameTimeoutMs;
}

function idleDueAt({ tables, init }: Lane, row: number): number {
  if (init.idleTimeoutMs === 0 || rowState(tables, row) < CONN_ENABLED) return Infinity;
  return rowWordAt(tables, row) + init.idleTimeoutMs;
}
