// Passthrough of IKE, and of ESP that is not ours, between a connection and its own UDP socket to
// the IKE daemon. Each connection has one socket, so the daemon's answers find their way by the
// port alone (rules P2, T54).
//
// IKE is never dropped here. Towards the daemon, a socket that takes no more stops the reading of
// the connection. From the daemon, a full reserve stops the reading of the socket.

import { NO_RING, TX_QUEUE_MAX } from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import {
  EAGAIN,
  ECONNREFUSED,
  EHOSTUNREACH,
  EIO,
  EMSGSIZE,
  ENETUNREACH,
  ENOBUFS,
  EPERM,
} from "../linux/constants.ts";
import { type Connection, SPENT_UPSTREAM } from "./connection.ts";
import { receiveMany, sendMany } from "./datagrams.ts";
import { enable } from "./deadlines.ts";
import { hasUpstream, type Lane, listAgain, starve } from "./lane.ts";
import { openUpstream } from "./open_upstream.ts";
import { isRefusal, usePlain } from "./plain.ts";
import { starveOfRing } from "./reclaim.ts";
import { rowReadAt, rowTxQueued, setRowUpPlain } from "./row.ts";
import { type LaneTables, MMSGHDR_WORDS } from "./tables.ts";
import { flush } from "./transmit.ts";
import { tellTrouble } from "./trouble.ts";

/** Most reads of one upstream socket in one turn, each of up to UP_READ_MAX runs of datagrams. */
const TURN_READS_MAX = 22;

/** Framing overhead of one read, octets: a Length field for each datagram of a run. */
const READ_EXTRA = 128;

/**
 * Refusals in a row after which a message is given up. The kernel reports one ICMP error for each
 * datagram that it answers.
 */
const REFUSALS_MAX = 4;

/** Errors of a run that say something of this path, and nothing of the next connection's runs. */
const ABOUT_PATH: readonly number[] = [EMSGSIZE, EPERM];

/**
 * Sends a batch to the daemon, straight from the receive ring. A send is one message, or a run that
 * the kernel cuts.
 *
 * Messages that the socket does not take stay in the ring, and the connection is not read until it
 * does.
 *
 * @param count Sends in the batch
 */
export function sendUpstream(lane: Lane, connection: Connection, count: number): void {
  if (connection.upstreamFd >= 0) sendBatch(lane, connection, count);
  else openFor(lane, connection, count);
}

/** Opens the socket for a batch. Without one the batch waits or is dropped. */
function openFor(lane: Lane, connection: Connection, count: number): void {
  const { core, index } = lane;
  switch (openUpstream(lane, connection)) {
    case "open":
      sendBatch(lane, connection, count);
      return;
    case "later":
      core.rx_release_sent(index, connection.row, 0);
      return;
    case "failed":
      for (let i = 0; i < count; i++) countRefused(lane, i);
      core.rx_release_all(index, connection.row);
      return;
  }
}

function sendBatch(lane: Lane, connection: Connection, count: number): void {
  const { core, index } = lane;
  let sent = 0;
  while (sent < count) {
    const taken = sendSome(lane, connection, sent, count - sent);
    if (taken === 0) break;
    sent += taken;
  }
  const ikeBefore = ikeReleased(lane);
  core.rx_release_sent(index, connection.row, sent);
  if (sent === 0) return;
  enable(lane, connection);
  noteDelay(lane, connection, (ikeReleased(lane) - ikeBefore) >>> 0);
}

/** Number of IKE messages from TCP that this lane has released, modulo 2^32. */
function ikeReleased({ tables }: Lane): number {
  return tables.u32[tables.ikeFrames] ?? 0;
}

/**
 * Sends up to `count` sends from number `first` on in one call.
 *
 * @returns Sends that are done with; 0 if the socket takes no more, or no run
 */
function sendSome(lane: Lane, connection: Connection, first: number, count: number): number {
  const { core, index, libc, tables } = lane;
  const at = tables.upMmsgAt[first];
  if (at === undefined) {
    throw new RangeError(`Cannot send upstream message ${first}: not in the batch`);
  }
  for (let refusals = 0; refusals < REFUSALS_MAX; refusals++) {
    const taken = sendMany(lane, connection.upstreamFd, at, count);
    if (taken > 0) return taken;
    const errno = libc.errno();
    if (errno === EAGAIN || errno === ENOBUFS) {
      connection.isUpstreamBlocked = true;
      // The device's queue is full, and not the socket's. No edge says when it has room.
      if (errno === ENOBUFS) starve(lane, connection);
      return 0;
    }
    if (isRunRefused(lane, first, errno)) {
      setRowUpPlain(tables, connection.row);
      if (!ABOUT_PATH.includes(errno)) usePlain(lane, "udp_segment", errno);
      return 0;
    }
    tellTrouble(lane, "upstream_refused", errno);
    if (errno !== ECONNREFUSED && errno !== EHOSTUNREACH && errno !== ENETUNREACH) break;
    // The error belongs to an earlier datagram. This one has not been tried yet.
    core.count(index, Status.UpstreamRefused, 1);
  }
  countRefused(lane, first);
  return 1;
}

/** Counts the datagrams of a send that is given up. */
function countRefused({ core, index, tables }: Lane, send: number): void {
  core.count(index, Status.UpstreamRefused, partsOf(tables, send));
}

/** Number of datagrams in a send. */
function partsOf(tables: LaneTables, send: number): number {
  return tables.u32[tables.upParts + send * MMSGHDR_WORDS] ?? 0;
}

/**
 * Whether the kernel refuses send `first` because it is a run: it cannot send runs, a filter takes
 * the run for one long datagram, or the path is narrower than the run's datagrams.
 */
function isRunRefused({ tables }: Lane, first: number, errno: number): boolean {
  return partsOf(tables, first) > 1 &&
    (isRefusal(errno) || errno === EIO || errno === EMSGSIZE);
}

function noteDelay(lane: Lane, connection: Connection, ikeCount: number): void {
  if (ikeCount === 0) return;
  const delay = lane.clock() - rowReadAt(lane.tables, connection.row);
  for (let i = 0; i < ikeCount; i++) lane.core.ike_delay(lane.index, delay);
}

/** Reads the daemon's datagrams into the connection's rings and sends them on, for one turn. */
export function readUpstream(lane: Lane, connection: Connection): void {
  const { core, index } = lane;
  const { row } = connection;
  for (let i = 0; i < TURN_READS_MAX && connection.isUpstreamReadable; i++) {
    const room = core.upstream_begin(index, row);
    if (room === NO_RING) starveOfRing(lane, connection);
    if (room <= 0) break;
    takeReads(lane, connection, receiveSome(lane, connection, room));
    core.upstream_end(index, row);
  }
  flush(lane, connection);
  if (hasUpstream(lane, connection)) listAgain(lane, connection, SPENT_UPSTREAM);
}

/** Queues what was read. If it needs the room of octets that wait, those leave first. */
function takeReads(lane: Lane, connection: Connection, count: number): void {
  const { core, index, tables } = lane;
  const { row } = connection;
  for (let i = 0; i < count; i++) {
    const len = tables.u32[tables.upReadLen + i * MMSGHDR_WORDS] ?? 0;
    const queued = rowTxQueued(tables, row);
    if (queued > 0 && queued + len + READ_EXTRA > TX_QUEUE_MAX) flush(lane, connection);
    core.upstream_in(index, row, i, lane.now);
  }
}

/** Reads up to `room` runs of datagrams into the slots. Returns the number of runs. */
function receiveSome(lane: Lane, connection: Connection, room: number): number {
  const { core, index, libc } = lane;
  const count = receiveMany(lane, connection.upstreamFd, room);
  if (count >= 0) return count;
  const errno = libc.errno();
  // A refusal would be there again, for ever. The next datagram is a new edge.
  if (errno === EAGAIN || isRefusal(errno)) connection.isUpstreamReadable = false;
  if (errno !== EAGAIN) core.count(index, Status.UpstreamRefused, 1);
  return 0;
}
