// Towards TCP. Octets that the core has sealed or queued leave in as few `sendmsg` calls as the
// kernel allows.
//
// The transmit lock of a connection is held from `outbound_next` or `tx_lock` to `tx_unlock`,
// system call included. Its holder may send on the descriptor, even if another lane owns the
// connection. Octets that the kernel does not take wait for the EPOLLOUT edge of the owner lane
// (rules L30 to L32).

import { CONN_DRAINING, LOWAT_MAX } from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import { sealJobs } from "../engine/native.ts";
import {
  EAGAIN,
  IPPROTO_TCP,
  MSG_DONTWAIT,
  MSG_EOR,
  MSG_NOSIGNAL,
  TCP_MAXSEG,
  TCP_NOTSENT_LOWAT,
} from "../linux/constants.ts";
import { callAttention } from "./attention.ts";
import type { Connection } from "./connection.ts";
import { armTimer } from "./deadlines.ts";
import { doom, type Lane, list } from "./lane.ts";
import { isRefusal, prefer, usePlain } from "./plain.ts";
import {
  doesIkeWait,
  rowFd,
  rowLane,
  rowLowat,
  rowLowatSet,
  rowSegment,
  rowState,
  rowTxPartialAt,
  setRowLowatSet,
  setRowSegment,
} from "./row.ts";

const LOWAT = { call: "tcp_notsent_lowat", level: IPPROTO_TCP, name: TCP_NOTSENT_LOWAT } as const;

/**
 * Seals and sends the lane's outbound entries, connection by connection.
 *
 * Entries come from `slots_in`, `echo_in` or `dummy_in`. The core drops and counts those without
 * policy, path or room before they take a sequence number.
 */
export function transmitEntries(lane: Lane): void {
  const { core, index } = lane;
  for (;;) {
    const row = core.outbound_next(index, lane.now);
    if (row === 0) return;
    sealJobs(lane);
    core.outbound_commit(index);
    sendLocked(lane, row);
  }
}

/** Sends the queue of a connection of this lane, as far as the kernel takes it. */
export function flush(lane: Lane, connection: Connection): void {
  if (lane.core.tx_lock(lane.index, connection.row) !== 0) sendLocked(lane, connection.row);
}

/**
 * Sends from the rings of `row` until they are empty or the kernel takes no more. Then it releases
 * the lock.
 */
function sendLocked(lane: Lane, row: number): void {
  const { core, index, libc, tables } = lane;
  const fd = rowFd(tables, row);
  const owner = rowLane(tables, row);
  const hasWaited = doesIkeWait(tables, row);
  const wasStuck = isStuck(lane, row);
  // A kernel that is kept short gets its octets in parts, each in a buffer of its own, because it
  // looks at its unsent octets only before each buffer.
  const isShort = rowSegment(tables, row) > 0 && rowLowat(tables, row) < LOWAT_MAX;
  const flags = MSG_NOSIGNAL | MSG_DONTWAIT | (isShort ? MSG_EOR : 0);
  let left = 0;
  let isBroken = false;
  for (;;) {
    const planned = core.tx_plan(index, row);
    if (planned === 0) break;
    const sent = sendPlanned(lane, fd, flags);
    if (sent < 0) isBroken = libc.errno() !== EAGAIN;
    lane.now = lane.clock();
    left = core.tx_sent(index, row, sent < 0 ? 0 : sent, lane.now);
    if (sent < planned) break;
  }
  // The reserve has room again, so the owner may read upstream on.
  const hasRoom = hasWaited && !doesIkeWait(tables, row);
  // A connection that was stuck before has a timer of its owner, which reads the row again when it
  // comes due.
  const hasStuck = !wasStuck && isStuck(lane, row);
  if (left > 0) fitLowat(lane, row, fd);
  core.tx_unlock(index, row);
  const connection = owner === index ? lane.connections[row] : undefined;
  if (connection !== undefined) {
    if (hasRoom) list(lane, connection);
    settle(lane, connection, isBroken ? -1 : left);
  } else if (owner !== index && (hasStuck || hasRoom)) {
    // The owner's own epoll tells it of a reset. For octets that begin to wait it needs a timer.
    callAttention(lane, owner);
  }
}

/** Sends the planned message. Returns the octets that the kernel took, or -1 and leaves errno. */
function sendPlanned(lane: Lane, fd: number, flags: number): number {
  const { libc, tables, refused } = lane;
  if (refused.sendmsg) return writeParts(lane, fd);
  const asked = refused.msg_eor ? flags & ~MSG_EOR : flags;
  const sent = libc.sendmsg(fd, tables.txMsgAt, asked);
  if (sent >= 0) return sent;
  const errno = libc.errno();
  return isRefusal(errno) ? sendPlain(lane, fd, { flags: asked, errno }) : sent;
}

/** Sends it without MSG_EOR or, where that does not help, without flags. */
function sendPlain(
  lane: Lane,
  fd: number,
  { flags, errno }: { readonly flags: number; readonly errno: number },
): number {
  const { libc, tables } = lane;
  if ((flags & MSG_EOR) !== 0) {
    const sent = libc.sendmsg(fd, tables.txMsgAt, flags & ~MSG_EOR);
    if (sent >= 0) usePlain(lane, "msg_eor", errno);
    if (sent >= 0 || !isRefusal(libc.errno())) return sent;
  }
  const sent = writeParts(lane, fd);
  if (sent >= 0) usePlain(lane, "sendmsg", errno);
  return sent;
}

/** The descriptor is non-blocking, and the runtimes ignore SIGPIPE: no flag is missed. */
function writeParts({ libc, tables }: Lane, fd: number): number {
  return libc.writev(fd, tables.txIovAt, tables.u32[tables.txParts] ?? 0);
}

/** Whether a send has left octets behind that still wait. */
function isStuck(lane: Lane, row: number): boolean {
  return rowTxPartialAt(lane.tables, row) > 0;
}

/**
 * Tells the kernel how much it may hold, if the core has a new number. A larger number wakes the
 * owner if it makes room.
 */
function fitLowat(lane: Lane, row: number, fd: number): void {
  const { libc, tables } = lane;
  const wanted = rowLowat(tables, row);
  if (wanted === rowLowatSet(tables, row)) return;
  const { u32, scratch, scratchAt } = tables;
  u32[scratch >>> 2] = wanted;
  prefer(lane, fd, { ...LOWAT, value: scratchAt });
  setRowLowatSet(tables, row, wanted);
  u32[tables.sockaddrLen] = 4;
  if (libc.getsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, scratchAt, tables.sockaddrLenAt) === 0) {
    setRowSegment(tables, row, u32[scratch >>> 2] ?? 0);
  }
}

/**
 * Draws the owner's conclusions from a send. After the peer's FIN, an empty queue ends the
 * connection (rule T49).
 *
 * @param left Octets that it left behind; -1 if the descriptor is broken
 */
function settle(lane: Lane, connection: Connection, left: number): void {
  if (left < 0) {
    doom(lane, connection, Status.PeerReset);
    return;
  }
  if (left > 0) armTimer(lane, connection);
  else if (
    rowState(lane.tables, connection.row) === CONN_DRAINING &&
    connection.drainedWith !== Status.Drained
  ) {
    doom(lane, connection, connection.drainedWith);
  }
}
