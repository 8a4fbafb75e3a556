// Passthrough: IKE, and ESP that is not ours, between a connection and its own UDP socket to the IKE daemon. One socket a
// connection, so that the daemon's answers find their way by the port alone (protocol.md P2, T54).
//
// IKE is never dropped in here: towards the daemon a socket that takes no more stops the reading of the connection; from the
// daemon a full reserve stops the reading of the socket.

import { CONN_DRAINING } from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import {
  EAGAIN,
  ECONNREFUSED,
  EHOSTUNREACH,
  ENETUNREACH,
  ENOBUFS,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
} from "../linux/constants.ts";
import type { Connection } from "./connection.ts";
import { enable } from "./deadlines.ts";
import { type Lane, list } from "./lane.ts";
import { openUpstream } from "./open_upstream.ts";
import { flush } from "./transmit.ts";

/** Datagrams read from one upstream socket in one turn. */
const TURN_DATAGRAMS_MAX = 64;

/** An ICMP error is told once for each datagram that it answers; this many in a row and the message is given up. */
const REFUSALS_MAX = 4;

/**
 * Sends a batch's `count` messages to the daemon, straight from the rx ring.
 *
 * What the socket does not take stays in the ring, and the connection is not read until it does.
 */
export function sendUpstream(lane: Lane, connection: Connection, count: number): void {
  const { core, index, tables } = lane;
  if (connection.upstreamFd < 0 && !openUpstream(lane, connection)) {
    core.rx_release(index, connection.row, 0);
    return;
  }
  let sent = 0;
  while (sent < count) {
    const taken = sendSome(lane, connection, sent, count - sent);
    if (taken === 0) break;
    sent += taken;
  }
  core.rx_release(index, connection.row, sent === count ? -1 : sent);
  if (sent === 0) return;
  enable(lane, connection);
  noteDelay(lane, connection, tables.u32[tables.upIke] ?? 0);
}

/** Messages `first` and on in one call; how many are off the lane's hands, 0 if the socket takes no more. */
function sendSome(lane: Lane, connection: Connection, first: number, count: number): number {
  const { core, index, libc, tables } = lane;
  const at = tables.upMmsgAt[first];
  if (at === undefined) {
    throw new RangeError(`Cannot send upstream message ${first}: not in the batch`);
  }
  for (let refusals = 0; refusals < REFUSALS_MAX; refusals++) {
    const taken = libc.sendmmsg(connection.upstreamFd, at, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (taken > 0) return taken;
    const errno = libc.errno();
    if (errno === EAGAIN || errno === ENOBUFS) {
      connection.isUpstreamBlocked = true;
      return 0;
    }
    // The error belongs to an earlier datagram; this one has not been tried yet.
    core.count(index, Status.UpstreamRefused, 1);
    if (errno !== ECONNREFUSED && errno !== EHOSTUNREACH && errno !== ENETUNREACH) return 1;
  }
  return 1;
}

function noteDelay(lane: Lane, connection: Connection, ikeCount: number): void {
  if (ikeCount === 0) return;
  const delay = lane.clock() - connection.readAt;
  for (let i = 0; i < ikeCount; i++) lane.core.ike_delay(lane.index, delay);
}

/** Reads the daemon's datagrams into the connection's rings and sends them on, for one turn. */
export function readUpstream(lane: Lane, connection: Connection): void {
  const { core, index } = lane;
  const { row } = connection;
  for (let i = 0; i < TURN_DATAGRAMS_MAX && connection.isUpstreamReadable; i++) {
    if (connection.state === CONN_DRAINING) break;
    if (core.upstream_ready(index, row) === 0) {
      connection.isReserveFull = true;
      break;
    }
    const octets = receiveDatagram(lane, connection);
    if (octets >= 0) core.upstream_in(index, row, octets, lane.now);
  }
  flush(lane, connection);
  if (connection.isUpstreamReadable && !connection.isReserveFull) list(lane, connection);
}

/** One datagram into LANE_DGRAM: its octets, or -1. */
function receiveDatagram(lane: Lane, connection: Connection): number {
  const { core, index, libc, tables } = lane;
  tables.u32[tables.dgramControlLen] = tables.dgramControlMax;
  const octets = libc.recvmsg(connection.upstreamFd, tables.dgramMsgAt, MSG_DONTWAIT);
  if (octets >= 0) {
    noteOverflow(lane, connection);
    return octets;
  }
  if (libc.errno() === EAGAIN) connection.isUpstreamReadable = false;
  else core.count(index, Status.UpstreamRefused, 1);
  return -1;
}

/** SO_RXQ_OVFL: the kernel's running count of datagrams that this socket has lost. */
function noteOverflow(lane: Lane, connection: Connection): void {
  const { core, index, tables } = lane;
  if ((tables.u32[tables.dgramControlLen] ?? 0) < tables.overflowControlLen) return;
  const lost = tables.u32[tables.dgramControl + 4] ?? 0;
  const since = (lost - connection.overflowSeen) >>> 0;
  connection.overflowSeen = lost;
  if (since > 0) core.count(index, Status.UpstreamOverflow, since);
}
