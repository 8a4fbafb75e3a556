// IKE that the daemon's host or ours does not take now. It stays in the receive ring, and the
// connection is not read until it has left: nobody sends IKE again over TCP (RFC 9329 §6.2). Tries
// follow with growing pauses. If none succeeds in `--frame-timeout-ms`, or if a message was lost on
// its way, the connection ends, and the initiator begins anew on another one.

import { Status } from "../../ts-bindings/status.ts";
import { type Connection, PAUSE_MIN_MS } from "./connection.ts";
import { doom, type Lane, list } from "./lane.ts";

/** The longest pause between two tries, ms. Each is twice the one before. */
const PAUSE_MAX_MS = 1000;

/**
 * Time, ms, before a connection ends whose IKE was lost on its way. A daemon that is away loses the
 * next message as well, and its clients would come back at once.
 */
const LOST_PAUSE_MS = 1000;

/** Holds what the connection has for the daemon, until the next try. */
export function hold(lane: Lane, connection: Connection): void {
  connection.isHeld = true;
  waitForRoom(lane, connection);
}

/** Holds it until the next try, or until the socket has room again. */
export function waitForRoom(lane: Lane, connection: Connection): void {
  connection.isUpstreamBlocked = true;
  if (connection.heldAt === 0) connection.heldAt = lane.now;
  const endAt = connection.heldAt + lane.init.frameTimeoutMs;
  if (lane.now >= endAt) {
    doom(lane, connection, Status.IkeUndelivered);
    return;
  }
  lane.retries.arm(connection.row, Math.min(lane.now + connection.pauseMs, endAt));
  connection.pauseMs = Math.min(2 * connection.pauseMs, PAUSE_MAX_MS);
}

/** Notes that something was handed over. */
export function endHold(lane: Lane, connection: Connection): void {
  if (connection.heldAt === 0) return;
  connection.heldAt = 0;
  connection.pauseMs = PAUSE_MIN_MS;
  lane.retries.disarm(connection.row);
}

/** Ends a connection after a pause: a message has left, and is lost. */
export function loseIke(lane: Lane, connection: Connection): void {
  if (connection.isIkeLost) return;
  connection.isIkeLost = true;
  connection.isHeld = true;
  connection.isUpstreamBlocked = true;
  if (connection.heldAt === 0) connection.heldAt = lane.now;
  lane.retries.arm(connection.row, lane.now + LOST_PAUSE_MS);
}

/** Lets the connections try again whose pause is over. */
export function runRetries(lane: Lane): void {
  for (;;) {
    const row = lane.retries.nextDue(lane.now);
    if (row === -1) return;
    const connection = lane.connections[row];
    if (connection !== undefined) retry(lane, connection);
  }
}

/** Lets a connection try again now. */
export function retry(lane: Lane, connection: Connection): void {
  if (connection.isIkeLost) {
    doom(lane, connection, Status.IkeUndelivered);
    return;
  }
  connection.isHeld = false;
  connection.isUpstreamBlocked = false;
  list(lane, connection);
}
