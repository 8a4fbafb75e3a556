// The deadlines of a connection, which follow from its row. The heap of timers is in `timers.ts`,
// the judgement in `hearing.ts`.

import { CONN_ENABLED, CONN_PREFIXED } from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import type { Connection } from "./connection.ts";
import type { Lane } from "./lane.ts";
import {
  rowIsLikely,
  rowOpenedAt,
  rowPartialAt,
  rowState,
  rowTrustedAt,
  rowTxPartialAt,
  rowWordAt,
} from "./row.ts";

/**
 * Makes sure that the lane wakes for the earliest deadline of a connection. It touches the heap
 * only if that is earlier than the entry there.
 */
export function armTimer(lane: Lane, connection: Connection): void {
  const due = dueAt(lane, connection);
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

/** Returns the earliest deadline of a connection, monotonic ms; Infinity without one. */
function dueAt(lane: Lane, connection: Connection): number {
  return Math.min(
    prefixDueAt(lane, connection),
    frameDueAt(lane, connection),
    sendDueAt(lane, connection),
    idleDueAt(lane, connection),
    trustDueAt(lane, connection),
  );
}

/** A deadline that has passed. */
export interface Missed {
  /** Status with which it ends the connection. */
  readonly status: number;
  /** When it was due, monotonic ms. */
  readonly dueAt: number;
}

/** Returns the deadline of a connection that has passed; undefined if none has. */
export function missed(lane: Lane, connection: Connection): Missed | undefined {
  return passed(lane, prefixDueAt(lane, connection), prefixStatus(connection)) ??
    passed(lane, frameDueAt(lane, connection), Status.FrameTimeout) ??
    passed(lane, sendDueAt(lane, connection), Status.SendStalled) ??
    passed(lane, idleDueAt(lane, connection), Status.IdleTimeout) ??
    passed(lane, trustDueAt(lane, connection), Status.Unauthenticated);
}

/** If the first message did come, and not this host is short, the daemon cannot be given it. */
function prefixStatus({ heldAt, isShort }: Connection): number {
  return heldAt > 0 && !isShort ? Status.IkeUndelivered : Status.PrefixTimeout;
}

function passed({ now }: Lane, dueAt: number, status: number): Missed | undefined {
  return dueAt <= now ? { status, dueAt } : undefined;
}

function prefixDueAt({ tables, init }: Lane, connection: Connection): number {
  const { row } = connection;
  if (rowState(tables, row) >= CONN_ENABLED) return Infinity;
  return counted(connection, rowOpenedAt(tables, row)) + init.prefixTimeoutMs;
}

function frameDueAt({ tables, init }: Lane, connection: Connection): number {
  const since = rowPartialAt(tables, connection.row);
  return since === 0 ? Infinity : counted(connection, since) + init.frameTimeoutMs;
}

function sendDueAt({ tables, init }: Lane, connection: Connection): number {
  const since = rowTxPartialAt(tables, connection.row);
  return since === 0 ? Infinity : counted(connection, since) + init.frameTimeoutMs;
}

function idleDueAt({ tables, init }: Lane, connection: Connection): number {
  const { row } = connection;
  if (init.idleTimeoutMs === 0 || rowState(tables, row) < CONN_ENABLED) return Infinity;
  return counted(connection, rowWordAt(tables, row)) + init.idleTimeoutMs;
}

/**
 * A client whose key is likely has so many times as long: its tunnel may be silent for a while. It
 * may be one that has only begun EAP, so there is an end all the same.
 */
const LIKELY_TIMES = 30;

/** Only peers that have opened a connection owe a word: `connect` ends its own by itself. */
function trustDueAt({ tables, init }: Lane, connection: Connection): number {
  const { role, row } = connection;
  const owes = role === "responder" && rowTrustedAt(tables, row) === 0;
  if (!owes || init.unauthenticatedTimeoutMs === 0) return Infinity;
  const times = rowIsLikely(tables, row) ? LIKELY_TIMES : 1;
  return counted(connection, rowOpenedAt(tables, row)) + times * init.unauthenticatedTimeoutMs;
}

/** The moment from which a clock counts that began at `since`. */
function counted({ excusedAt }: Connection, since: number): number {
  return Math.max(since, excusedAt);
}
