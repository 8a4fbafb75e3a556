// The end of a connection. Its descriptor is closed under the transmit lock: otherwise a reused
// number could get its octets. Its SAs, counters and windows live on (RFC 9329 §6.1).

import { SO_LINGER, SOL_SOCKET } from "../linux/constants.ts";
import type { Connection } from "./connection.ts";
import { tellConnection } from "./events.ts";
import { tellClosed } from "./inside.ts";
import { type Lane, unlistBusy } from "./lane.ts";
import { leaveUpstream } from "./parking.ts";
import { rowUpSaid } from "./row.ts";

/**
 * Closes a connection. Octets still queued in the core are lost.
 *
 * @param status Reason, for the counters and the event
 */
export function closeConnection(lane: Lane, connection: Connection, status: number): void {
  const { core, index, libc } = lane;
  // The event comes first: the next call gives the row's number to its next connection.
  tellConnection(lane, connection, "closed", status);
  tellClosed(lane, connection);
  if (core.conn_close_begin(index, connection.row, status) === 0) return;
  libc.close(connection.fd);
  const said = rowUpSaid(lane.tables, connection.row);
  core.conn_close_end(index, connection.row);
  if (connection.upstreamFd >= 0) leaveUpstream(lane, connection.upstreamFd, said);
  lane.connections[connection.row] = undefined;
  lane.live.delete(connection);
  unlistBusy(lane, connection);
  lane.timers.disarm(connection.row);
  lane.retries.disarm(connection.row);
}

/** Sets SO_LINGER with a time of 0. A close then sends RST, and the kernel drops unsent octets. */
export function resetOnClose(lane: Lane, connection: Connection): void {
  const { tables, libc } = lane;
  tables.u32[tables.scratch >>> 2] = 1;
  tables.u32[(tables.scratch >>> 2) + 1] = 0;
  libc.setsockopt(connection.fd, SOL_SOCKET, SO_LINGER, tables.scratchAt, 8);
}
