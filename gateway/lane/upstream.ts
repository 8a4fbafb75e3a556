// From the IKE daemon: its datagrams, read from a connection's own UDP socket and sent on to TCP.
//
// IKE is never dropped here: a full reserve stops the reading of the socket.

import { NO_RING, TX_QUEUE_MAX } from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import { EAGAIN } from "../linux/constants.ts";
import { type Connection, SPENT_UPSTREAM } from "./connection.ts";
import { receiveMany } from "./datagrams.ts";
import { noteHeard, noteRefused } from "./evidence.ts";
import { hasUpstream, type Lane, listAgain } from "./lane.ts";
import { isRefusal } from "./plain.ts";
import { starveOfRing } from "./reclaim.ts";
import { rowTxQueued } from "./row.ts";
import { MMSGHDR_WORDS } from "./tables.ts";
import { flush } from "./transmit.ts";
import { ERRORS_NONE, readErrors } from "./upstream_errors.ts";

/** Most reads of one upstream socket in one turn, each of up to UP_READ_MAX runs of datagrams. */
const TURN_READS_MAX = 22;

/** Framing overhead of one read, octets: a Length field for each datagram of a run. */
const READ_EXTRA = 128;

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
  if (count > 0) noteHeard(lane);
  if (count >= 0) return count;
  const errno = libc.errno();
  // A refusal would be there again, for ever. The next datagram is a new edge.
  if (errno === EAGAIN || isRefusal(errno)) connection.isUpstreamReadable = false;
  if (errno !== EAGAIN && readErrors(lane, connection, -1) === ERRORS_NONE) {
    core.count(index, Status.UpstreamRefused, 1);
    noteRefused(lane, errno);
  }
  return 0;
}
