// The lane's loop: wait, serve what is ready in turns, wait again. One turn does this, in order:
//
//    epoll_wait -> end of a pause in accepting -> connections marked, listeners and orders served
//    -> TUN -> messages of the IKE of this process
//    -> connections with news, and those that wait for a ring or a descriptor
//    -> one busy connection of those that have proved a key, and one of the others
//    -> rings reclaimed -> parked sockets -> answers of silent peers -> timers -> drain
//
// A connection that has used its budget waits behind all that have news. So an IKE message waits
// for one budget at most, however many connections flood the lane. Each direction of a connection
// has a budget of its own, and only a direction that has used it waits. Octets that are queued
// towards TCP need no budget. The lane sleeps only when nothing is listed, so an idle lane costs
// nothing.

import { CONN_DRAINING, EPOLL_MAX } from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import {
  EINTR,
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
  LITTLE_ENDIAN,
} from "../linux/constants.ts";
import { failed } from "../linux/errno.ts";
import { acceptFrom, endPause } from "./accept.ts";
import { askingWaitMs, hearAnswers } from "./asking.ts";
import { payAttention } from "./attention.ts";
import { closeConnection } from "./close.ts";
import { runCommands } from "./commands.ts";
import { type Connection, hasSpent, SPENT_TCP } from "./connection.ts";
import { checkDrain, DRAIN_POLL_MS } from "./drain.ts";
import { announce } from "./events.ts";
import { runTimers } from "./hearing.ts";
import { runRetries } from "./hold.ts";
import { readTun } from "./inner.ts";
import { hasInside, hasUnsent, noteInside, sendUnsent, serveInside, wakeInside } from "./inside.ts";
import {
  type BusyList,
  doom,
  hasListed,
  hasUpstream,
  type Lane,
  list,
  listAgain,
  STARVED_RETRY_MS,
} from "./lane.ts";
import { lookAtParked, parkingWaitMs } from "./parking.ts";
import { receive } from "./receive.ts";
import { reclaimRings } from "./reclaim.ts";
import { rowState, rowTrustedAt } from "./row.ts";
import { flush } from "./transmit.ts";
import { readUpstream } from "./upstream.ts";
import { readErrors } from "./upstream_errors.ts";
import { TAG_BITS, TAG_CONNECTION, TAG_EVENTFD, TAG_LISTENER, TAG_TUN } from "./watch.ts";

/** Most connections without a trusted word that try for a ring again at a time. */
const STARVED_AT_ONCE_MAX = 64;

/** Runs the lane until it is told to stop. */
export function runLane(lane: Lane): void {
  const startedAt = lane.clock();
  while (!lane.isStopping) {
    const sleptAt = lane.clock();
    const count = lane.libc.epoll_wait(lane.epfd, lane.tables.epollAt, EPOLL_MAX, waitMs(lane));
    const errno = count < 0 ? lane.libc.errno() : 0;
    lane.now = lane.clock();
    lane.idleMs += lane.now - sleptAt;
    if (errno !== 0 && errno !== EINTR) throw failed("Cannot wait for events", errno);
    turn(lane, count);
    noteBusy(lane, startedAt);
    announce(lane);
  }
}

/**
 * Takes one turn.
 *
 * @param count Events of epoll in the lane's table
 */
export function turn(lane: Lane, count: number): void {
  endPause(lane);
  for (let i = 0; i < count; i++) dispatch(lane, i);
  if (lane.isTunReadable && !lane.isDraining) readTun(lane);
  serveInside(lane);
  wakeStarved(lane);
  runRetries(lane);
  serveReady(lane);
  serveBusy(lane, lane.trustedBusy);
  serveBusy(lane, lane.busy);
  reclaimRings(lane);
  lookAtParked(lane);
  hearAnswers(lane);
  runTimers(lane);
  checkDrain(lane);
  wakeInside(lane);
}

/** Publishes the time spent awake, for `culvert_lane_busy_ratio`. */
function noteBusy(lane: Lane, startedAt: number): void {
  lane.tables.f64[lane.tables.busyMs] = lane.now - startedAt - lane.idleMs;
}

/** Returns the time for which nothing can happen by itself, in whole ms; -1 for ever. */
export function waitMs(lane: Lane): number {
  if (hasListed(lane) || hasInside(lane) || (lane.isTunReadable && !lane.isDraining)) return 0;
  const { now } = lane;
  let wait = earlier(lane.timers.waitMs(now), lane.retries.waitMs(now));
  wait = earlier(wait, parkingWaitMs(lane, now));
  wait = earlier(wait, askingWaitMs(lane, now));
  if (lane.starved.length > 0) wait = earlier(wait, Math.max(lane.feedAt - now, 0));
  if (lane.acceptAgainAt > 0) wait = earlier(wait, Math.max(lane.acceptAgainAt - now, 0));
  if (lane.isDraining && lane.live.size > 0) {
    wait = earlier(wait, Math.min(Math.max(lane.drainDueAt - now, 0), DRAIN_POLL_MS));
  }
  return wait < 0 ? -1 : Math.ceil(wait);
}

function earlier(wait: number, other: number): number {
  return wait < 0 || other < 0 ? Math.max(wait, other) : Math.min(wait, other);
}

/** Turns event `i` into marks. Only listeners and eventfds are served at once. */
function dispatch(lane: Lane, i: number): void {
  const { tables } = lane;
  const at = tables.epoll + i * tables.epollEventLen;
  const events = tables.dataView.getUint32(at, LITTLE_ENDIAN);
  const row = tables.dataView.getUint32(at + tables.epollDataAt, LITTLE_ENDIAN);
  const tag = tables.dataView.getUint32(at + tables.epollDataAt + 4, LITTLE_ENDIAN);
  switch (tag & ((1 << TAG_BITS) - 1)) {
    case TAG_LISTENER:
      acceptFrom(lane, row);
      return;
    case TAG_EVENTFD:
      wake(lane, row);
      return;
    case TAG_TUN:
      // A removed device shows as an error and nothing else. The next read reports it.
      if ((events & (EPOLLIN | EPOLLERR)) !== 0) lane.isTunReadable = true;
      return;
  }
  const connection = lane.connections[row];
  if (connection === undefined || connection.serial !== tag >>> TAG_BITS) return;
  if ((tag & ((1 << TAG_BITS) - 1)) === TAG_CONNECTION) markConnection(lane, connection, events);
  else markUpstream(lane, connection, events);
}

/**
 * The shell or another lane has written to the eventfd. Empties it, then carries out their orders.
 */
function wake(lane: Lane, eventfd: number): void {
  lane.libc.read(eventfd, lane.tables.scratchAt, 8);
  payAttention(lane);
  noteInside(lane);
  runCommands(lane);
}

function markConnection(lane: Lane, connection: Connection, events: number): void {
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP)) !== 0) connection.isReadable = true;
  if ((events & EPOLLPRI) !== 0) connection.hasUrgent = true;
  if ((events & (EPOLLRDHUP | EPOLLERR | EPOLLHUP)) !== 0) connection.hasFin = true;
  if ((events & (EPOLLERR | EPOLLHUP)) !== 0) connection.isReset = true;
  if ((events & EPOLLOUT) !== 0) connection.isWritable = true;
  list(lane, connection);
}

function markUpstream(lane: Lane, connection: Connection, events: number): void {
  if ((events & (EPOLLIN | EPOLLERR)) !== 0) connection.isUpstreamReadable = true;
  if ((events & EPOLLERR) !== 0) connection.hasUpstreamError = true;
  if ((events & EPOLLOUT) !== 0) connection.isUpstreamBlocked = false;
  list(lane, connection);
}

/**
 * Lets connections that have waited for a ring or a descriptor try again: those whose peers have
 * proved a key, and so many of the others, in order, that they do not take the lane's time.
 */
function wakeStarved(lane: Lane): void {
  if (lane.starved.length === 0 || lane.now < lane.feedAt) return;
  let others = 0;
  const waiting = lane.starved;
  lane.starved = [];
  for (const connection of waiting) {
    if (lane.connections[connection.row] !== connection) continue;
    const isTrusted = rowTrustedAt(lane.tables, connection.row) !== 0;
    if (!isTrusted && others >= STARVED_AT_ONCE_MAX) {
      lane.starved.push(connection);
      continue;
    }
    if (!isTrusted) others++;
    connection.isStarved = false;
    // A connection that waits for its socket's EPOLLOUT will find the socket full once more.
    connection.isUpstreamBlocked = false;
    list(lane, connection);
  }
  if (lane.starved.length > 0) lane.feedAt = lane.now + STARVED_RETRY_MS;
}

/** Serves each connection with news for one budget. Those with work left are busy then. */
function serveReady(lane: Lane): void {
  const listed = lane.ready;
  lane.ready = lane.spare;
  lane.spare = listed;
  for (const connection of listed) {
    connection.isListed = false;
    if (lane.connections[connection.row] === connection) serve(lane, connection);
  }
  listed.length = 0;
}

/** Serves the next connection of a list for one more budget. */
function serveBusy(lane: Lane, list: BusyList): void {
  if (list.at === list.now.length) {
    const served = list.now;
    list.now = list.again;
    list.again = served;
    list.at = 0;
    served.length = 0;
  }
  const connection = list.now[list.at];
  if (connection === undefined) return;
  list.at++;
  connection.spent = 0;
  serve(lane, connection);
}

/** Serves all work of a connection for which it has a budget. */
function serve(lane: Lane, connection: Connection): void {
  if (connection.isWritable) {
    connection.isWritable = false;
    flush(lane, connection);
  }
  // A direction that waits for a ring must not stop the other one, which may hold the missing ring.
  const { isStarved } = connection;
  if (connection.hasUpstreamError) {
    connection.hasUpstreamError = false;
    readErrors(lane, connection, -1);
  }
  if (connection.closeWith === 0 && hasUnsent(connection)) sendUnsent(lane, connection);
  if (connection.closeWith === 0 && hasUpstream(lane, connection)) readUpstream(lane, connection);
  if (connection.isHeld || rowState(lane.tables, connection.row) === CONN_DRAINING) {
    // Nothing is read that would tell it.
    if (connection.isReset) doom(lane, connection, Status.PeerReset);
  } else if (connection.closeWith === 0 && !isStarved && !hasSpent(connection, SPENT_TCP)) {
    if (receive(lane, connection)) listAgain(lane, connection, SPENT_TCP);
    if (connection.turnsOwed > 0) connection.turnsOwed--;
  }
  if (connection.closeWith !== 0) closeConnection(lane, connection, connection.closeWith);
}
