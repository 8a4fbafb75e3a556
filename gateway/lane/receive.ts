// From TCP: octets into the rx ring, frames out of it, batch by batch (docs/design/data-path.md, steps 2 to 10).
//
// A turn has a budget, so that one flooding peer cannot keep timers, IKE and other connections waiting (rule L35).

import {
  BATCH_CLOSE,
  BATCH_ESP,
  BATCH_HAND_OVER,
  BATCH_NONE,
  BATCH_SKIPPED,
  BATCH_UPSTREAM,
  CONN_ACCEPTED,
  CONN_DRAINING,
  CONN_PREFIXED,
} from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import { openJobs } from "../engine/native.ts";
import { EAGAIN } from "../linux/constants.ts";
import type { Connection } from "./connection.ts";
import { armTimer, enable } from "./deadlines.ts";
import { deliverInner } from "./inner.ts";
import { doom, type Lane } from "./lane.ts";
import { starveOfRing } from "./reclaim.ts";
import { rowPartialAt, rowState } from "./row.ts";
import { matchStreamPrefix } from "./stream_prefix.ts";
import { flush } from "./transmit.ts";
import { sendUpstream } from "./upstream.ts";

/**
 * Batches of one connection in one turn: at most 128 frames, some 0.5 ms of opening, for which an IKE message may have to wait.
 * What leads nowhere comes in larger ones, of some 20 ns a frame.
 */
const TURN_BATCHES_MAX = 2;

/** Reads of one connection in one turn: what comes octet by octet, or never ends, has no batch to be counted by. */
const TURN_READS_MAX = 8;

/**
 * Serves one connection's inbound side for one turn.
 *
 * @returns true if the budget ran out before the work did
 */
export function receive(lane: Lane, connection: Connection): boolean {
  let budget = TURN_BATCHES_MAX;
  for (let reads = 0;; reads++) {
    budget = processFrames(lane, connection, budget);
    if (connection.closeWith !== 0 || connection.isUpstreamBlocked) return false;
    if (budget === 0) return true;
    if (!connection.isReadable || rowState(lane.tables, connection.row) === CONN_DRAINING) break;
    if (reads === TURN_READS_MAX) return true;
    if (!readOnce(lane, connection)) break;
  }
  if (connection.closeWith === 0) lane.core.rx_rest(lane.index, connection.row);
  return false;
}

/** One `readv` over all free space of the ring. False if there is nothing to process after it. */
function readOnce(lane: Lane, connection: Connection): boolean {
  const { core, index, libc, tables } = lane;
  const parts = core.rx_prepare(index, connection.row);
  if (parts < 0) {
    starveOfRing(lane, connection);
    return false;
  }
  const room = roomOf(lane, parts);
  const octets = libc.readv(connection.fd, tables.recvIovAt, parts);
  if (octets > 0) {
    core.rx_commit(index, connection.row, octets, lane.now);
    // A short read has emptied the socket; what comes later is a new edge. FIN and errors have had theirs.
    connection.isReadable = octets === room || connection.hasFin || connection.hasUrgent;
    return true;
  }
  const isEmpty = octets < 0 && libc.errno() === EAGAIN;
  connection.isReadable = false;
  if (isEmpty) return false;
  if (octets < 0 || connection.isReset) doom(lane, connection, Status.PeerReset);
  // What waits on a connection of ours is better sent again on the next one, which is not opened before this one has ended.
  else if (connection.role === "originator") doom(lane, connection, Status.PeerClosed);
  else finish(lane, connection, Status.PeerClosed);
  return false;
}

/** Free octets that `rx_prepare` has laid into the iovecs. */
function roomOf(lane: Lane, parts: number): number {
  const { u32, recvIovLen } = lane.tables;
  return (u32[recvIovLen] ?? 0) + (parts > 1 ? u32[recvIovLen + 4] ?? 0 : 0);
}

/**
 * Ends a connection in order: nothing more is read, what is queued leaves, then it closes.
 *
 * The peer's FIN (rule T49) and the drain of the gateway come here.
 */
export function finish(lane: Lane, connection: Connection, status: number): void {
  connection.drainedWith = status;
  lane.core.conn_state(lane.index, connection.row, CONN_DRAINING);
  flush(lane, connection);
}

/** Processes whole frames of the ring for at most `budget` batches; returns what is left of the budget. */
function processFrames(lane: Lane, connection: Connection, budget: number): number {
  const { core, index, tables } = lane;
  const { row } = connection;
  if (rowState(tables, row) === CONN_ACCEPTED && !passPrefix(lane, connection)) return budget;
  if (connection.isRoleOpen && !passRole(lane, connection)) return budget;
  let left = budget;
  while (left > 0) {
    const batch = core.inbound(index, row, lane.now);
    const count = batch & 0xffff;
    switch (batch >>> 16) {
      case BATCH_NONE:
        // An incomplete frame is left: the core has begun its clock, if it is a new one.
        if (rowPartialAt(tables, row) !== 0) armTimer(lane, connection);
        return left;
      case BATCH_SKIPPED:
        break;
      case BATCH_ESP:
        openBatch(lane, connection);
        break;
      case BATCH_UPSTREAM:
        sendUpstream(lane, connection, count);
        break;
      case BATCH_HAND_OVER:
        handOver(lane);
        break;
      case BATCH_CLOSE:
        doom(lane, connection, count);
        break;
    }
    if (connection.closeWith !== 0 || connection.isUpstreamBlocked) return left;
    left--;
  }
  return left;
}

/** Steps 6 to 10 for a batch of ESP. */
function openBatch(lane: Lane, connection: Connection): void {
  const { core, index, tables } = lane;
  openJobs(lane);
  const inner = core.inbound_finish(index, connection.row, lane.now);
  if ((tables.u32[tables.fresh] ?? 0) > 0) enable(lane, connection);
  if (inner > 0) deliverInner(lane, inner);
  core.rx_release(index, connection.row, -1);
}

/** Hands a batch of IKE over to an endpoint in this process. No kind of endpoint is one yet. */
function handOver({ init: { ike } }: Lane): never {
  switch (ike.kind) {
    case "none":
    case "upstream":
      throw new Error(`Cannot hand IKE over: its endpoint is ${ike.kind}`);
  }
}

/** Matches the stream prefix in what has been read; true once all six octets are there. */
function passPrefix(lane: Lane, connection: Connection): boolean {
  const { core, index, tables } = lane;
  const { row } = connection;
  const len = core.rx_len(row);
  if (len === 0) return false;
  const at = core.rx_at(row);
  const got = matchStreamPrefix(tables.u8.subarray(at, at + len), connection.prefixSeen);
  switch (got.kind) {
    case "mismatch":
      doom(lane, connection, Status.PrefixMismatch);
      return false;
    case "more":
      core.rx_skip(index, row, len);
      connection.prefixSeen = got.seen;
      return false;
    case "match":
      core.rx_skip(index, row, got.used);
      core.conn_state(index, row, CONN_PREFIXED);
      return true;
  }
}

/**
 * Looks at the first octets that come on a connection of ours; true once they are no stream prefix.
 *
 * A responder never sends one (RFC 9329 §4). From a peer that thinks itself the originator it would be the Length of a
 * frame of 18,763 octets that never ends.
 */
function passRole(lane: Lane, connection: Connection): boolean {
  const { core, tables } = lane;
  const len = core.rx_len(connection.row);
  if (len === 0) return false;
  const at = core.rx_at(connection.row);
  const got = matchStreamPrefix(tables.u8.subarray(at, at + len), 0);
  connection.isRoleOpen = got.kind === "more";
  if (got.kind === "match") doom(lane, connection, Status.PrefixMismatch);
  return got.kind === "mismatch";
}
