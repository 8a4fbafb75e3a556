// One connection of a lane: what TypeScript keeps of it. Octets, cursors, counters and the score live in its row in
// shared memory; here are its descriptors, its state (docs/design/data-path.md, states) and the reasons for which it waits.

import type { Role } from "../edges/front.ts";

/** In `spent`: what comes from TCP has had its budget. */
export const SPENT_TCP = 1;
/** In `spent`: what comes from the daemon has had its own. */
export const SPENT_UPSTREAM = 2;

/** What a lane keeps of a connection. */
export interface Connection {
  /** Row in shared memory, 1 and up. */
  readonly row: number;
  readonly fd: number;
  /** Told apart from an earlier connection of the same row by events that were on their way. */
  readonly serial: number;
  /** Octets of the stream prefix matched so far. */
  prefixSeen: number;
  /** Our role on it. */
  readonly role: Role;
  /** We are the originator, and nothing has come yet: a stream prefix would show a peer in the same role. */
  isRoleOpen: boolean;
  /** Upstream socket, -1 before the first message needs it. */
  upstreamFd: number;
  /** In the lane's ready list. */
  isListed: boolean;
  /** SPENT_ bits: what waits for the connection's turn as a busy one. Not 0 if and only if it is among those. */
  spent: number;
  /** Waits for a ring of the pool or for a descriptor. */
  isStarved: boolean;
  /** The kernel has room again for what is queued. */
  isWritable: boolean;
  /** The kernel may hold unread octets. */
  isReadable: boolean;
  /** The peer has sent FIN or RST: read on until the kernel says so. */
  hasFin: boolean;
  /** The peer has sent urgent octets: a read ends before them, and says nothing of what is behind. */
  hasUrgent: boolean;
  /** The kernel has reported an error: what ends this connection is a reset. */
  isReset: boolean;
  /** The upstream socket may hold unread datagrams. */
  isUpstreamReadable: boolean;
  /** The upstream socket took no more: the connection is not read until it does. */
  isUpstreamBlocked: boolean;
  /** Draining: status to close with once the queue is empty. */
  drainedWith: number;
  /** Status to close with at the next turn, 0 to live on. */
  closeWith: number;
  /** Due time of the entry in the lane's timers, 0 without one. */
  timerDue: number;
}

/** A connection as it is right after `accept4` or `connect`. */
export function createConnection(
  init: Pick<Connection, "row" | "fd" | "serial" | "role">,
): Connection {
  return {
    ...init,
    prefixSeen: 0,
    isRoleOpen: init.role === "originator",
    upstreamFd: -1,
    isListed: false,
    spent: 0,
    isStarved: false,
    isWritable: false,
    isReadable: true,
    hasFin: false,
    hasUrgent: false,
    isReset: false,
    isUpstreamReadable: false,
    isUpstreamBlocked: false,
    drainedWith: 0,
    closeWith: 0,
    timerDue: 0,
  };
}

/** Whether `what` (a SPENT_ bit) waits for the connection's turn as a busy one. */
export function hasSpent(connection: Connection, what: number): boolean {
  return (connection.spent & what) !== 0;
}
