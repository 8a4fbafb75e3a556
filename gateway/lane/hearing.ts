// The judgement of deadlines. A deadline ends a connection only when everything that has come in
// time was looked at (docs/design/data-path.md, states). For the lane may be late itself: the
// process was stopped or its host stood still, one wait has not told of all news, or a connection
// waited for a ring, a descriptor or the daemon.

import { Status } from "../../ts-bindings/status.ts";
import type { Connection } from "./connection.ts";
import { armTimer, type Missed, missed } from "./deadlines.ts";
import { doom, type Lane } from "./lane.ts";
import { rowTxQueued } from "./row.ts";
import { flush } from "./transmit.ts";
import { hasUnread } from "./unread.ts";

/**
 * Turns in which a connection may read on after a deadline. A turn takes in 1 KiB of the smallest
 * frames and more of others, so the turns reach the end of the largest frame.
 */
const HEARING_TURNS = 64;

/** Time until a hearing is looked at again, ms; its turns come sooner. */
const HEARING_MS = 1;

/** A deadline judged this late, ms, shows that the lane has stood still. */
const LATE_MS = 1000;

/** Ends the connections that have missed a deadline, and arms the others again. */
export function runTimers(lane: Lane): void {
  for (;;) {
    const row = lane.timers.nextDue(lane.now);
    if (row === -1) return;
    const connection = lane.connections[row];
    if (connection === undefined) continue;
    connection.timerDue = 0;
    if (connection.closeWith === 0) judge(lane, connection);
  }
}

function judge(lane: Lane, connection: Connection): void {
  const late = missed(lane, connection);
  if (late === undefined) {
    armTimer(lane, connection);
    return;
  }
  const isOver = late.status === Status.SendStalled
    ? isStalled(lane, connection, late)
    : isHeard(lane, connection, late);
  if (isOver) doom(lane, connection, late.status);
  else armLater(lane, connection);
}

/** Whether nothing is left to look at that could meet a deadline. */
function isHeard(lane: Lane, connection: Connection, { status, dueAt }: Missed): boolean {
  // The message is here, and more of them would not help.
  if (status === Status.IkeUndelivered) return true;
  if (connection.isUpstreamBlocked || (connection.isStarved && hasUnread(lane, connection))) {
    // The peer cannot meet a deadline while the lane does not read.
    connection.excusedAt = lane.now;
    return false;
  }
  if (connection.heardFor !== dueAt) {
    connection.heardFor = dueAt;
    connection.turnsOwed = HEARING_TURNS;
  }
  return connection.turnsOwed === 0 || !hasUnread(lane, connection);
}

/**
 * Whether a frame that has begun does not leave, though the kernel was asked just now. If the lane
 * has stood still and octets leave again, the rest has the whole of its time.
 */
function isStalled(lane: Lane, connection: Connection, { dueAt }: Missed): boolean {
  const before = rowTxQueued(lane.tables, connection.row);
  const wasLate = lane.now - dueAt > LATE_MS;
  flush(lane, connection);
  if (missed(lane, connection)?.status !== Status.SendStalled) return false;
  if (!wasLate || rowTxQueued(lane.tables, connection.row) === before) return true;
  connection.excusedAt = lane.now;
  return false;
}

function armLater(lane: Lane, connection: Connection): void {
  if (missed(lane, connection) === undefined) {
    armTimer(lane, connection);
    return;
  }
  connection.timerDue = lane.now + HEARING_MS;
  lane.timers.arm(connection.row, connection.timerDue);
}
