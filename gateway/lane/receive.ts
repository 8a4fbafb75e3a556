// From TCP: octets into the receive ring, and frames out of it, batch by batch
// (docs/design/data-path.md, steps 2 to 10).
//
// A turn has a budget, so that a flooding peer cannot keep timers, IKE and other connections
// waiting (rule L35).

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
  NO_RING,
} from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import { openJobs } from "../engine/native.ts";
import { EAGAIN } from "../linux/constants.ts";
import type { Connection } from "./connection.ts";
import { armTimer, enable } from "./deadlines.ts";
import { deliverInner } from "./inner.ts";
import { handOverInside } from "./inside.ts";
import { packForeign } from "./foreign.ts";
import { doom, type Lane } from "./lane.ts";
import { isRefusal, usePlain } from "./plain.ts";
import { starveOfRing } from "./reclaim.ts";
import { rowPartialAt, rowState } from "./row.ts";
import { matchStreamPrefix } from "./stream_prefix.ts";
import { flush } from "./transmit.ts";
import { sendUpstream } from "./send_upstream.ts";

/**
 * Most batches of one connection in one turn. That is up to 128 frames, or about 0.5 ms of opening,
 * for which an IKE message may have to wait. Batches of frames that lead nowhere are larger, at
 * about 20 ns a frame.
 */
const TURN_BATCHES_MAX = 2;

/**
 * Most reads of one connection in one turn. Octets that trickle in make no batch that would count.
 */
const TURN_READS_MAX = 8;

/**
 * Serves the inbound side of a connection for one turn.
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

/**
 * Makes one read over all free space of the ring.
 *
 * @returns false if there is nothing to process after it
 */
function readOnce(lane: Lane, connection: Connection): boolean {
  const { core, index, libc } = lane;
  const parts = core.rx_prepare(index, connection.row);
  if (parts === NO_RING) {
    starveOfRing(lane, connection);
    return false;
  }
  const octets = readParts(lane, connection.fd, parts);
  if (octets > 0) {
    core.rx_commit(index, connection.row, octets, lane.now);
    // A short read has emptied the socket, and later octets are a new edge. FIN, urgent octets and
    // errors have had their edges.
    connection.isReadable = octets === roomOf(lane, parts) || connection.hasFin ||
      connection.hasUrgent;
    return true;
  }
  const isEmpty = octets < 0 && libc.errno() === EAGAIN;
  connection.isReadable = false;
  if (isEmpty) return false;
  if (octets < 0 || connection.isReset) doom(lane, connection, Status.PeerReset);
  // Queued messages on an originator's connection are better sent again on the next one, which is
  // not opened before this one has ended.
  else if (connection.role === "originator") doom(lane, connection, Status.PeerClosed);
  else finish(lane, connection, Status.PeerClosed);
  return false;
}

/** Reads into the parts, or into the first one where the kernel reads one at a time. */
function readParts(lane: Lane, fd: number, parts: number): number {
  const { libc, tables, refused } = lane;
  let refusal = 0;
  if (!refused.readv) {
    const octets = libc.readv(fd, tables.recvIovAt, parts);
    if (octets >= 0) return octets;
    refusal = libc.errno();
    if (!isRefusal(refusal)) return octets;
  }
  const { recvIov } = tables;
  const octets = libc.read(fd, tables.partAt(recvIov), tables.partLen(recvIov));
  if (octets >= 0) usePlain(lane, "readv", refusal);
  return octets;
}

/** Returns the free octets in those parts of `rx_prepare` that the last read could fill. */
function roomOf({ refused, tables }: Lane, parts: number): number {
  const { u32, recvIovLen } = tables;
  const second = parts > 1 && !refused.readv ? u32[recvIovLen + 4] ?? 0 : 0;
  return (u32[recvIovLen] ?? 0) + second;
}

/**
 * Ends a connection in order: nothing more is read, queued octets leave, then it closes. The peer's
 * FIN (rule T49) and the gateway's drain call it.
 *
 * @param status Reason with which it closes
 */
export function finish(lane: Lane, connection: Connection, status: number): void {
  connection.drainedWith = status;
  lane.core.conn_state(lane.index, connection.row, CONN_DRAINING);
  flush(lane, connection);
}

/**
 * Processes whole frames of the ring for at most `budget` batches. Returns the rest of the budget.
 */
function processFrames(lane: Lane, connection: Connection, budget: number): number {
  const { core, index, tables } = lane;
  const { row } = connection;
  if (rowState(tables, row) === CONN_ACCEPTED && !passPrefix(lane, connection)) return budget;
  if (connection.isRoleOpen && !passRole(lane, connection)) return budget;
  let left = budget;
  while (left > 0) {
    switch (core.inbound(index, row, lane.now)) {
      case BATCH_NONE:
        // If an incomplete frame is left, the core has begun its clock.
        if (rowPartialAt(tables, row) !== 0) armTimer(lane, connection);
        return left;
      case BATCH_SKIPPED:
        break;
      case BATCH_ESP:
        openBatch(lane, connection);
        break;
      case BATCH_UPSTREAM:
        sendUpstream(lane, connection, wordOf(lane, tables.batchCount));
        break;
      case BATCH_HAND_OVER:
        handOver(lane, connection, wordOf(lane, tables.batchCount));
        break;
      case BATCH_CLOSE:
        doom(lane, connection, wordOf(lane, tables.batchStatus));
        break;
    }
    if (connection.closeWith !== 0 || connection.isUpstreamBlocked) return left;
    left--;
  }
  return left;
}

/**
 * Takes in the packets that have waited for SAs that are there now, connection by connection. They
 * are few (rule L35): a lane has no more than a batch of them.
 */
export function receiveWaiting(lane: Lane): void {
  for (;;) {
    const row = lane.core.inbound_waiting(lane.index, lane.now);
    if (row === 0) return;
    const connection = lane.connections[row];
    if (connection === undefined) throw new Error(`Cannot open packets: no connection ${row}`);
    openBatch(lane, connection);
  }
}

/** A word of the lane's block. */
function wordOf({ tables }: Lane, index: number): number {
  return tables.u32[index] ?? 0;
}

/** Does steps 6 to 10 for a batch of ESP. */
function openBatch(lane: Lane, connection: Connection): void {
  const { core, index, tables } = lane;
  openJobs(lane);
  const inner = core.inbound_finish(index, connection.row, lane.now);
  if (wordOf(lane, tables.fresh) > 0) enable(lane, connection);
  if (inner > 0) deliverInner(lane, inner);
  core.rx_release_all(index, connection.row);
}

/**
 * Hands a batch of IKE over to an endpoint in this process. A new kind of endpoint does not compile
 * before this function knows it.
 */
function handOver(lane: Lane, connection: Connection, count: number): void {
  const { ike } = lane.init;
  switch (ike.kind) {
    case "none":
    case "upstream":
      throw new Error(`Cannot hand IKE over: its endpoint is ${ike.kind}`);
    case "inside":
      handOverInside(lane, connection, count);
      return;
  }
}

/** Matches the stream prefix in the unread octets. Returns true once all six octets are there. */
function passPrefix(lane: Lane, connection: Connection): boolean {
  const { core, index, tables } = lane;
  const { row } = connection;
  const len = core.rx_len(row);
  if (len === 0) return false;
  const at = core.rx_at(row);
  const octets = tables.u8.subarray(at, at + len);
  const got = matchStreamPrefix(octets, connection.prefixSeen);
  switch (got.kind) {
    case "mismatch":
      connection.foreign = packForeign(connection.prefixSeen, octets);
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
 * Looks for a stream prefix in the first octets of an originator's connection.
 *
 * A responder never sends one (RFC 9329 §4). A peer that thinks it is the originator does, and
 * those octets would be the Length field of a frame of 18,763 octets that never ends.
 *
 * @returns true once the octets are no stream prefix
 */
function passRole(lane: Lane, connection: Connection): boolean {
  const { core, tables } = lane;
  const len = core.rx_len(connection.row);
  if (len === 0) return false;
  const at = core.rx_at(connection.row);
  const octets = tables.u8.subarray(at, at + len);
  const got = matchStreamPrefix(octets, 0);
  connection.isRoleOpen = got.kind === "more";
  if (got.kind === "match") {
    connection.foreign = packForeign(0, octets);
    doom(lane, connection, Status.PrefixMismatch);
  }
  return got.kind === "mismatch";
}
