// The state of one lane: its core instance, its descriptors, its connections, and the tables for
// its system calls. The files beside this one are its verbs.

import { CONN_DRAINING } from "../../ts-bindings/layout.ts";
import type { Core } from "../../ts-bindings/core.ts";
import type { NativeBatches } from "../engine/native.ts";
import type { Listener } from "../edges/front.ts";
import type { BetterCall } from "../model/better_call.ts";
import type { LaneLibc } from "./libc.ts";
import type { Asked } from "./asked.ts";
import type { ChosenSource } from "./chosen_source.ts";
import { type Connection, hasSpent, SPENT_UPSTREAM } from "./connection.ts";
import type { Inside } from "./inside_link.ts";
import type { Evidence, LaneInit, LaneNotice, Troubled, TroubleKind } from "./init.ts";
import type { Parking } from "./parked.ts";
import { doesIkeWait, rowState, rowTrustedAt } from "./row.ts";
import type { LaneTables } from "./tables.ts";
import type { Timers } from "./timers.ts";

/** A lane. Everything mutable here belongs to the lane's thread alone. */
export interface Lane {
  readonly init: LaneInit;
  readonly index: number;
  readonly core: Core;
  /** Runs the AEAD where it can; null if the core does all of it. */
  readonly native: NativeBatches | null;
  readonly libc: LaneLibc;
  readonly tables: LaneTables;
  readonly timers: Timers;
  readonly epfd: number;
  readonly listeners: readonly Listener[];
  /** Tells the shell something. */
  readonly tell: (notice: LaneNotice) => void;
  /** Collects the garbage of this thread, if the runtime wants to be asked. */
  readonly collect: () => void;
  /** Connections by row. Rows of other lanes are undefined here. */
  readonly connections: (Connection | undefined)[];
  /** All live connections, for loops over them: the table is as long as the limit. */
  readonly live: Set<Connection>;
  /** Connections with news. All are served in the next turn. */
  ready: Connection[];
  /** The list of the turn before, now empty. The two lists take turns. */
  spare: Connection[];
  /** Connections whose budget ran out before their work did. Each turn serves one. */
  readonly busy: BusyList;
  /** Those of them whose peers have proved a key. Each turn serves one of these, too. */
  readonly trustedBusy: BusyList;
  /** Connections that wait for a ring of the pool or for a descriptor. */
  starved: Connection[];
  /** Time at which those try again, monotonic ms. */
  feedAt: number;
  /** When connections try again to hand something over to the daemon, by row. */
  readonly retries: Timers;
  /** Upstream sockets of connections that have ended. */
  readonly parking: Parking;
  /** Connections whose peers are asked whether they are still there, in the order of answers. */
  readonly asked: Asked[];
  /** The IKE of this process; null if there is none. */
  readonly inside: Inside | null;
  /** The source that the kernel last chose towards the daemon. */
  readonly source: ChosenSource;
  /** Returns monotonic ms with a fraction; the origin is the same in every lane. */
  readonly clock: () => number;
  /** A connection has found the pool of rings empty. */
  isShortOfRings: boolean;
  /** Earliest time of the next search for rings, monotonic ms. */
  reclaimAt: number;
  /** The value of `clock()` at the start of the turn or after the last send. */
  now: number;
  /** Time spent in `epoll_wait`, ms. */
  idleMs: number;
  nextSerial: number;
  /**
   * Time until which listeners are paused, monotonic ms, because the process or the system is out
   * of descriptors or memory; 0 if they are not.
   */
  acceptAgainAt: number;
  isTunReadable: boolean;
  /** Null while the echo host sends no requests of its own. */
  pinger: Pinger | null;
  /** The better calls that the kernel has refused. */
  readonly refused: Record<BetterCall, boolean>;
  /** The last notice of each kind of trouble. */
  readonly troubles: Map<TroubleKind, Troubled>;
  /** The last notice of each source that was refused. */
  readonly refusals: Map<string, Troubled>;
  /** What it has told of the daemon. */
  readonly evidence: Evidence;
  /** `written` of the event ring at the last message to the shell. */
  eventsTold: number;
  isDraining: boolean;
  /** Time at which a drain resets what is left, monotonic ms. */
  drainDueAt: number;
  /** Time of the last look at the drain, monotonic ms. */
  drainSeenAt: number;
  isStopping: boolean;
}

/** Whose echo requests a lane sends. */
export interface Pinger {
  /** 16 octets; an IPv4 address is mapped. */
  readonly source: Uint8Array;
  sequence: number;
}

/** Connections that wait for another budget, in the order of their turns. */
export interface BusyList {
  /** Those that have not had their turn, from `at` on. */
  now: Connection[];
  at: number;
  /** Those that have had it. It becomes `now` when that has ended. */
  again: Connection[];
}

/** Makes an empty list. */
export function createBusyList(): BusyList {
  return { now: [], at: 0, again: [] };
}

/** Pause, ms, before a connection without a ring or a descriptor tries again. */
export const STARVED_RETRY_MS = 5;

/** Puts a connection into the ready list, once. */
export function list(lane: Lane, connection: Connection): void {
  if (connection.isListed) return;
  connection.isListed = true;
  lane.ready.push(connection);
}

/**
 * Puts a connection behind the others that wait for a budget, for the direction whose budget it has
 * used. Only that direction waits. All other news of the connection has its turn.
 *
 * @param spent A SPENT_ bit
 */
export function listAgain(lane: Lane, connection: Connection, spent: number): void {
  if (connection.spent === 0) {
    const isTrusted = rowTrustedAt(lane.tables, connection.row) !== 0;
    (isTrusted ? lane.trustedBusy : lane.busy).again.push(connection);
  }
  connection.spent |= spent;
}

/**
 * Takes a connection that ends out of the lists of those that wait for a budget. Otherwise
 * connections that come and go would fill the lists.
 */
export function unlistBusy(lane: Lane, connection: Connection): void {
  if (connection.spent === 0) return;
  if (!unlist(lane.busy, connection)) unlist(lane.trustedBusy, connection);
}

function unlist({ now, at, again }: BusyList, connection: Connection): boolean {
  const next = now.indexOf(connection, at);
  if (next >= 0) return now.splice(next, 1).length > 0;
  const last = again.indexOf(connection);
  return last >= 0 && again.splice(last, 1).length > 0;
}

/** Whether a connection waits to be served. */
export function hasListed({ ready, busy, trustedBusy }: Lane): boolean {
  return ready.length > 0 || hasBusy(busy) || hasBusy(trustedBusy);
}

function hasBusy({ now, at, again }: BusyList): boolean {
  return again.length > 0 || at < now.length;
}

/**
 * Marks a connection to be closed at its next turn. The first reason counts.
 *
 * It is never closed at once, because entries of the current batch may point into its rings.
 *
 * @param status The reason
 */
export function doom(lane: Lane, connection: Connection, status: number): void {
  if (connection.closeWith === 0) connection.closeWith = status;
  list(lane, connection);
}

/** Puts a connection aside until a ring or a descriptor may be free again. */
export function starve(lane: Lane, connection: Connection): void {
  if (connection.isStarved) return;
  connection.isStarved = true;
  if (lane.starved.length === 0) lane.feedAt = lane.now + STARVED_RETRY_MS;
  lane.starved.push(connection);
}

/** Whether the daemon may have something for a connection, and the connection can take it now. */
export function hasUpstream(lane: Lane, connection: Connection): boolean {
  return connection.isUpstreamReadable && rowState(lane.tables, connection.row) !== CONN_DRAINING &&
    !connection.isStarved && !hasSpent(connection, SPENT_UPSTREAM) &&
    !doesIkeWait(lane.tables, connection.row);
}
