// One lane's state: its core instance, its descriptors, its connections and the tables through which it talks to the kernel.
// The files beside this one are its verbs.

import { CONN_DRAINING } from "../../ts-bindings/layout.ts";
import type { Core } from "../../ts-bindings/core.ts";
import type { NativeBatches } from "../engine/native.ts";
import type { Listener } from "../edges/front.ts";
import type { LaneLibc } from "./libc.ts";
import { type Connection, hasSpent, SPENT_UPSTREAM } from "./connection.ts";
import type { LaneInit, LaneNotice, Troubled, TroubleKind } from "./init.ts";
import { doesIkeWait, rowState } from "./row.ts";
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
  /** Tells the shell. */
  readonly tell: (notice: LaneNotice) => void;
  /** By row; rows of other lanes are undefined here. */
  readonly connections: (Connection | undefined)[];
  /** Those that there are, for what looks at all of them: the table is as long as the limit. */
  readonly live: Set<Connection>;
  /** Connections of which there is news; all are served in the next turn. */
  ready: Connection[];
  /** The list of the turn before, empty: the two take turns. */
  spare: Connection[];
  /** Connections with a budget that ran out before their work did, from `busyAt` on; one is served in each turn. */
  busy: Connection[];
  busyAt: number;
  /** Those that have had their turn; `busy` when that has ended. */
  again: Connection[];
  /** Connections that wait for a ring of the pool, or for a descriptor. */
  starved: Connection[];
  /** When they try again, monotonic ms. */
  feedAt: number;
  /** Monotonic ms with a fraction; the same origin in every lane. */
  readonly clock: () => number;
  /** The pool of rings was found empty. */
  isShortOfRings: boolean;
  /** When connections may be looked through for rings again, monotonic ms. */
  reclaimAt: number;
  /** `clock()` as it was at the start of the turn or after the last send. */
  now: number;
  /** Time spent in `epoll_wait`, ms. */
  idleMs: number;
  nextSerial: number;
  /** Listeners are paused until then: the process or the system is out of descriptors or memory. 0 if not. */
  acceptAgainAt: number;
  isTunReadable: boolean;
  /** By kind, what the shell was told of. */
  readonly troubles: Map<TroubleKind, Troubled>;
  /** `written` of the event ring when the shell was last told. */
  eventsTold: number;
  isDraining: boolean;
  /** Monotonic ms at which a drain resets what is left. */
  drainDueAt: number;
  isStopping: boolean;
}

/** A connection without a ring or a descriptor tries again after this long. */
const STARVED_RETRY_MS = 5;

/** Puts a connection into the ready list, once. */
export function list(lane: Lane, connection: Connection): void {
  if (connection.isListed) return;
  connection.isListed = true;
  lane.ready.push(connection);
}

/**
 * Puts a connection behind all that wait for a budget, for what has used its own up (a SPENT_ bit). Only that waits: the
 * connection goes on to have its turn for all other news.
 */
export function listAgain(lane: Lane, connection: Connection, spent: number): void {
  if (connection.spent === 0) lane.again.push(connection);
  connection.spent |= spent;
}

/** Takes a connection that ends from those that wait for a budget: who comes and goes would fill the lists otherwise. */
export function unlistBusy({ again, busy, busyAt }: Lane, connection: Connection): void {
  if (connection.spent === 0) return;
  const at = busy.indexOf(connection, busyAt);
  if (at >= 0) busy.splice(at, 1);
  else again.splice(again.indexOf(connection), 1);
}

/** Whether a connection waits to be served. */
export function hasListed(lane: Lane): boolean {
  return lane.ready.length + lane.again.length > 0 || lane.busyAt < lane.busy.length;
}

/**
 * Marks a connection to be closed at its next turn, for the first reason that is given.
 *
 * Never at once: entries of the batch in hand may still point into its rings.
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

/** Whether the daemon has something for a connection that can take it now. */
export function hasUpstream(lane: Lane, connection: Connection): boolean {
  return connection.isUpstreamReadable && rowState(lane.tables, connection.row) !== CONN_DRAINING &&
    !connection.isStarved && !hasSpent(connection, SPENT_UPSTREAM) &&
    !doesIkeWait(lane.tables, connection.row);
}
