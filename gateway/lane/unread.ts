// Input that has come and was not looked at. Epoll may not have told of it yet: the lane may have
// been paused, or have more news than one wait tells of.

import { SIOCINQ } from "../linux/constants.ts";
import { type Connection, hasSpent, SPENT_TCP, SPENT_UPSTREAM } from "./connection.ts";
import { type Lane, list } from "./lane.ts";
import { doesIkeWait } from "./row.ts";

/**
 * Asks the kernel and the lane's lists whether a connection has input, from its peer or from the
 * daemon, that was not looked at. If so, the connection has its turn.
 *
 * Datagrams that the reserve has no room for do not count: there the peer is the one that is late.
 */
export function hasUnread(lane: Lane, connection: Connection): boolean {
  const { tables } = lane;
  const { fd, row, upstreamFd } = connection;
  if (connection.hasUrgent || inQueue(lane, fd) > 0) connection.isReadable = true;
  const canTake = upstreamFd >= 0 && !doesIkeWait(tables, row);
  if (canTake && inQueue(lane, upstreamFd) > 0) connection.isUpstreamReadable = true;
  const fromTcp = connection.isReadable || hasSpent(connection, SPENT_TCP);
  const fromDaemon = canTake &&
    (connection.isUpstreamReadable || hasSpent(connection, SPENT_UPSTREAM));
  if (fromTcp || fromDaemon) list(lane, connection);
  return fromTcp || fromDaemon;
}

/** Octets that the next read of a socket would find; 0 if the kernel does not say. */
function inQueue({ libc, tables }: Lane, fd: number): number {
  const at = tables.scratch >>> 2;
  tables.u32[at] = 0;
  libc.ioctl(fd, SIOCINQ, tables.scratchAt);
  return tables.u32[at] ?? 0;
}
