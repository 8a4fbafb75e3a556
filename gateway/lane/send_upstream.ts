// To the IKE daemon: IKE of a connection, and ESP that is not ours, on a UDP socket of its own. So
// the daemon's answers find their way by the port alone (rules P2, T54).
//
// IKE is never dropped here. A socket that takes no more stops the reading of the connection, and
// so does a daemon or a host that refuses it (`hold.ts`). ESP that is refused is dropped.

import { Status } from "../../ts-bindings/status.ts";
import {
  AF_INET6,
  EAGAIN,
  EIO,
  EMSGSIZE,
  ENOBUFS,
  EPERM,
  IPPROTO_IPV6,
  IPV6_MTU,
} from "../linux/constants.ts";
import type { Connection } from "./connection.ts";
import { noteRefused } from "./evidence.ts";
import { sendMany } from "./datagrams.ts";
import { enable } from "./deadlines.ts";
import { endHold, hold, waitForRoom } from "./hold.ts";
import { type Lane, starve } from "./lane.ts";
import { openUpstream, upstreamOf } from "./open_upstream.ts";
import { isRefusal, usePlain } from "./plain.ts";
import { rowReadAt, setRowUpPlain } from "./row.ts";
import { moveSource } from "./source.ts";
import { type LaneTables, MMSGHDR_WORDS } from "./tables.ts";
import { ERRORS_LAST, ERRORS_NONE, readErrors, sendLen } from "./upstream_errors.ts";

/** Tries in a row: an error may belong to an earlier datagram, or to a source that is gone. */
const TRIES_MAX = 4;

/** Errors of a run that say something of this path, and nothing of the next connection's runs. */
const ABOUT_PATH: readonly number[] = [EMSGSIZE, EPERM];

/** Least MTU of IPv6, and what IP and UDP take of it, octets (RFC 8200 §5). */
const IPV6_MTU_MIN = 1280;
const IPV6_HEADERS_LEN = 48;

/**
 * Sends a batch to the daemon, straight from the receive ring. A send is one message, or a run that
 * the kernel cuts; all messages of a batch are IKE, or all are ESP.
 *
 * Messages that are not taken stay in the ring, and the connection is not read until they are.
 *
 * @param count Sends in the batch
 */
export function sendUpstream(lane: Lane, connection: Connection, count: number): void {
  if (connection.upstreamFd >= 0) sendBatch(lane, connection, count);
  else openFor(lane, connection, count);
}

/** Opens the socket for a batch. Without one the batch waits; ESP waits for a shortage only. */
function openFor(lane: Lane, connection: Connection, count: number): void {
  const { core, index } = lane;
  const outcome = openUpstream(lane, connection);
  connection.isShort = outcome === "short";
  if (outcome === "open") {
    sendBatch(lane, connection, count);
    return;
  }
  if (outcome === "short" || isIkeBatch(lane)) {
    hold(lane, connection);
    core.rx_release_sent(index, connection.row, 0);
    return;
  }
  endHold(lane, connection);
  for (let i = 0; i < count; i++) countRefused(lane, i);
  core.rx_release_all(index, connection.row);
}

function sendBatch(lane: Lane, connection: Connection, count: number): void {
  const { core, index } = lane;
  const isIke = isIkeBatch(lane);
  let sent = 0;
  while (sent < count) {
    const taken = isIke
      ? sendIke(lane, connection, sent)
      : sendEsp(lane, connection, sent, count - sent);
    if (taken === 0) break;
    sent += taken;
  }
  const ikeBefore = ikeReleased(lane);
  core.rx_release_sent(index, connection.row, sent);
  if (sent === 0) return;
  endHold(lane, connection);
  enable(lane, connection);
  noteDelay(lane, connection, (ikeReleased(lane) - ikeBefore) >>> 0);
}

/** Whether the messages of the batch are IKE. */
function isIkeBatch({ tables }: Lane): boolean {
  return (tables.u32[tables.upIke] ?? 0) > 0;
}

/** Number of IKE messages from TCP that this lane has released, modulo 2^32. */
function ikeReleased({ tables }: Lane): number {
  return tables.u32[tables.ikeFrames] ?? 0;
}

/**
 * Sends one IKE message, and looks whether it was refused at once, as a host does with a port of
 * its own that is closed.
 *
 * @returns 1 if it is gone, 0 if it waits
 */
function sendIke(lane: Lane, connection: Connection, send: number): number {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const errno = sendOne(lane, connection, send);
    if (errno === EAGAIN) {
      waitForRoom(lane, connection);
      return 0;
    }
    const errors = readErrors(lane, connection, send);
    if (connection.isIkeLost) return 0;
    if (errno === 0) {
      if (errors === ERRORS_LAST) break;
      return 1;
    }
    if (errors === ERRORS_NONE && !moveSource(lane, connection)) {
      noteRefused(lane, errno);
      break;
    }
  }
  hold(lane, connection);
  return 0;
}

/** Sends one IKE message. Returns 0 or the errno. */
function sendOne(lane: Lane, connection: Connection, send: number): number {
  const { libc, tables } = lane;
  const isLarge = upstreamOf(lane).family === AF_INET6 &&
    sendLen(tables, send) > IPV6_MTU_MIN - IPV6_HEADERS_LEN;
  if (isLarge) setFragments(lane, connection, IPV6_MTU_MIN);
  const taken = sendMany(lane, connection.upstreamFd, sendAt(lane, send), 1);
  const errno = taken > 0 ? 0 : libc.errno();
  if (isLarge) setFragments(lane, connection, 0);
  return errno;
}

/**
 * Limits the fragments of a socket for IPv6. Routers do not fragment IPv6, so a message that is
 * larger than the path vanishes and only the next one is fragmented to fit (RFC 8201 §3). No path
 * is narrower than the least MTU. ESP goes without: its sender copes with a loss.
 *
 * @param octets Most octets of a fragment; 0 for no limit but that of the path
 */
function setFragments({ libc, tables }: Lane, connection: Connection, octets: number): void {
  tables.u32[tables.scratch >>> 2] = octets;
  libc.setsockopt(connection.upstreamFd, IPPROTO_IPV6, IPV6_MTU, tables.scratchAt, 4);
}

/**
 * Sends up to `count` sends from number `send` on in one call.
 *
 * @returns Sends that are done with; 0 if the socket takes no more, or no run
 */
function sendEsp(lane: Lane, connection: Connection, send: number, count: number): number {
  const { libc, tables } = lane;
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const taken = sendMany(lane, connection.upstreamFd, sendAt(lane, send), count);
    if (taken > 0) return taken;
    const errno = libc.errno();
    if (errno === EAGAIN || errno === ENOBUFS) {
      connection.isUpstreamBlocked = true;
      // The device's queue is full, and not the socket's. No edge says when it has room.
      if (errno === ENOBUFS) starve(lane, connection);
      return 0;
    }
    if (isRunRefused(lane, send, errno)) {
      setRowUpPlain(tables, connection.row);
      if (!ABOUT_PATH.includes(errno)) usePlain(lane, "udp_segment", errno);
      return 0;
    }
    // The error may belong to an earlier datagram. Then this one has not been tried yet.
    if (readErrors(lane, connection, -1) === ERRORS_NONE && !moveSource(lane, connection)) {
      noteRefused(lane, errno);
      break;
    }
    if (connection.isIkeLost) return 0;
  }
  countRefused(lane, send);
  return 1;
}

function sendAt({ tables }: Lane, send: number): LaneTables["upMmsgAt"][number] {
  const at = tables.upMmsgAt[send];
  if (at === undefined) {
    throw new RangeError(`Cannot send upstream message ${send}: not in the batch`);
  }
  return at;
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
 * Whether the kernel refuses a send because it is a run: it cannot send runs, a filter takes the
 * run for one long datagram, or the path is narrower than the run's datagrams.
 */
function isRunRefused({ tables }: Lane, send: number, errno: number): boolean {
  return partsOf(tables, send) > 1 &&
    (isRefusal(errno) || errno === EIO || errno === EMSGSIZE);
}

/** Counts how long messages have stayed that were handed over now. */
export function noteDelay(lane: Lane, connection: Connection, ikeCount: number): void {
  if (ikeCount === 0) return;
  const delay = lane.clock() - rowReadAt(lane.tables, connection.row);
  for (let i = 0; i < ikeCount; i++) lane.core.ike_delay(lane.index, delay);
}
