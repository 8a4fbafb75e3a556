// A connection of a lane, as far as the core does not know it: its descriptors, the events of
// epoll, and the lists in which it waits. Its octets, state, times, counters and score are in its
// row in shared memory (`row.ts`).

import type { Role } from "../edges/front.ts";

/** In `spent`: the direction from TCP has used its budget. */
export const SPENT_TCP = 1;
/** In `spent`: the direction from the daemon has used its budget. */
export const SPENT_UPSTREAM = 2;

/** The first pause between two tries to hand something over to the daemon, ms. */
export const PAUSE_MIN_MS = 5;

/** A lane's own record of a connection. */
export interface Connection {
  /** Row in shared memory, 1 and up. */
  readonly row: number;
  readonly fd: number;
  /**
   * Tells the connection apart from an earlier one of the same row, whose events may still be on
   * their way.
   */
  readonly serial: number;
  /** Octets of the stream prefix matched so far. */
  prefixSeen: number;
  /** Our role on it. */
  readonly role: Role;
  /**
   * We are the originator and nothing has come yet. A stream prefix would show that the peer is in
   * the same role.
   */
  isRoleOpen: boolean;
  /** Upstream socket; -1 until the first message needs it. */
  upstreamFd: number;
  /** It is in the lane's ready list. */
  isListed: boolean;
  /**
   * SPENT_ bits of the directions that wait for the connection's turn among the busy ones. Not 0 if
   * and only if it is among those.
   */
  spent: number;
  /** It waits for a ring of the pool or for a descriptor. */
  isStarved: boolean;
  /** The kernel has room again for what is queued. */
  isWritable: boolean;
  /** The kernel may hold unread octets. */
  isReadable: boolean;
  /** The peer has sent FIN or RST. The lane reads on until the kernel says so. */
  hasFin: boolean;
  /**
   * The peer has sent urgent octets. A read ends before them, so a short read says nothing of what
   * is behind.
   */
  hasUrgent: boolean;
  /** The kernel has reported an error, so the connection ends as a reset. */
  isReset: boolean;
  /** The upstream socket may hold unread datagrams. */
  isUpstreamReadable: boolean;
  /** The upstream socket takes no more. The connection is not read until it does. */
  isUpstreamBlocked: boolean;
  /** The upstream socket has reported an error, which its error queue has. */
  hasUpstreamError: boolean;
  /** It waits for the next try to hand something over to the daemon. */
  isHeld: boolean;
  /** Time since when nothing could be handed over, monotonic ms; 0 if nothing waits. */
  heldAt: number;
  /** This host has no descriptor, port or memory for its upstream socket. */
  isShort: boolean;
  /** Pause before the next try, ms. */
  pauseMs: number;
  /** An IKE message was lost on its way to the daemon. */
  isIkeLost: boolean;
  /** The IKE of this process knows it. */
  isKnownInside: boolean;
  /** Messages of the IKE of this process that wait for room. */
  readonly unsent: Uint8Array[];
  /** Status with which it closes once its queue is empty, while it drains. */
  drainedWith: number;
  /** What came instead of the stream prefix, as `packForeign` has it; 0 if that came. */
  foreign: number;
  /** Status with which it closes at its next turn; 0 while it lives. */
  closeWith: number;
  /** Time of its entry in the lane's timers, monotonic ms; 0 without one. */
  timerDue: number;
  /**
   * Until this moment, monotonic ms, the lane was the reason why the connection could not meet a
   * deadline: clocks count from here on. 0 if it never was.
   */
  excusedAt: number;
  /** The deadline that it has missed and is heard for, monotonic ms; 0 before the first. */
  heardFor: number;
  /** Turns that it has left to read on after that deadline. */
  turnsOwed: number;
  /** When its peer was last asked whether it is still there, monotonic ms; 0 if it never was. */
  askedAt: number;
}

/** Makes the record of a connection right after `accept4` or `connect`. */
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
    hasUpstreamError: false,
    isHeld: false,
    heldAt: 0,
    isShort: false,
    pauseMs: PAUSE_MIN_MS,
    isIkeLost: false,
    isKnownInside: false,
    unsent: [],
    drainedWith: 0,
    foreign: 0,
    closeWith: 0,
    timerDue: 0,
    excusedAt: 0,
    heardFor: 0,
    turnsOwed: 0,
    askedAt: 0,
  };
}

/** Whether a direction (a SPENT_ bit) waits for the connection's turn among the busy ones. */
export function hasSpent(connection: Connection, what: number): boolean {
  return (connection.spent & what) !== 0;
}
