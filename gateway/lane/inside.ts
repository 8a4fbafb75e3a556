// The IKE of this process (`gateway/ike_worker`), as a lane sees it: messages go to it and come
// back through two rings of shared memory (`gateway/edges/ike_link.ts`).
//
// A lane never waits for it. What finds no room in the ring stays in the receive ring, and its
// connection is not read until there is some: nobody sends IKE again over TCP (RFC 9329 §6.2). What
// comes back goes into the connection's reserve, which ESP cannot fill.

import { LANE_SLOT_IOV, LANE_UP_IOV, NO_RING } from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import {
  consumeRecord,
  copyRecord,
  isRoomWanted,
  lookAtRecord,
  pushRecord,
  type RingRecord,
  wantRoom,
} from "../edges/byte_ring.ts";
import { ENDS, type OpenLink, ROLE_ORIGINATOR, TO_IKE, TO_LANE } from "../edges/ike_link.ts";
import type { Connection } from "./connection.ts";
import { enable } from "./deadlines.ts";
import { endHold, hold, retry } from "./hold.ts";
import type { Inside } from "./inside_link.ts";
import { doom, type Lane } from "./lane.ts";
import { starveOfRing } from "./reclaim.ts";
import { copyEnds, rowGeneration } from "./row.ts";
import { noteDelay } from "./send_upstream.ts";
import { IOVEC_LEN } from "./tables.ts";
import { flush } from "./transmit.ts";

/** Most records that are read in one turn, so that ESP has its turns too. */
const TURN_RECORDS_MAX = 64;

/** Most messages of one connection that wait for room in its reserve. An honest peer reads. */
const UNSENT_MAX = 16;

/** Octets of the non-ESP marker. */
const MARKER_LEN = 4;

/** Hands a batch over. Messages without room stay in the receive ring. */
export function handOverInside(lane: Lane, connection: Connection, count: number): void {
  const { core, index, inside } = lane;
  if (inside === null) throw new Error("Cannot hand IKE over: there is no link");
  let taken = 0;
  while (taken < count && handOverOne(lane, connection, inside, taken)) taken++;
  core.rx_release_sent(index, connection.row, taken);
  if (taken > 0) {
    endHold(lane, connection);
    enable(lane, connection);
    noteDelay(lane, connection, taken);
  }
  if (taken === count) return;
  inside.held.add(connection);
  hold(lane, connection);
}

function handOverOne(lane: Lane, connection: Connection, inside: Inside, i: number): boolean {
  const { tables } = lane;
  if (!tellOpened(lane, inside, connection)) return false;
  const iovec = tables.block + LANE_UP_IOV + i * IOVEC_LEN;
  const { record } = inside;
  record.source = tables.u8;
  record.at = ((tables.u32[iovec >>> 2] ?? 0) - tables.baseLow + MARKER_LEN) >>> 0;
  record.len = tables.partLen(iovec) - MARKER_LEN;
  return push(lane, inside, connection, TO_IKE.MESSAGE);
}

/** Tells IKE of a connection before its first message; false without room. */
function tellOpened(lane: Lane, inside: Inside, connection: Connection): boolean {
  if (connection.isKnownInside) return true;
  if (!tellEnded(inside)) return false;
  const { record, ends } = inside;
  copyEnds(lane.tables, connection.row, ends);
  ends[ENDS.ROLE] = connection.role === "originator" ? ROLE_ORIGINATOR : 0;
  record.source = ends;
  record.at = 0;
  record.len = ENDS.LEN;
  connection.isKnownInside = push(lane, inside, connection, TO_IKE.OPENED);
  return connection.isKnownInside;
}

/** Tells IKE of a connection that this side has opened: it speaks first. */
export function tellOwn(lane: Lane, connection: Connection): void {
  const { inside } = lane;
  if (inside !== null && !tellOpened(lane, inside, connection)) inside.untold.add(connection);
}

/** Tells IKE that a connection has ended. Call it while the row is the connection's. */
export function tellClosed(lane: Lane, connection: Connection): void {
  const { inside, tables } = lane;
  if (inside === null) return;
  inside.held.delete(connection);
  inside.untold.delete(connection);
  if (!connection.isKnownInside) return;
  inside.ended.push(connection.row, rowGeneration(tables, connection.row));
  tellEnded(inside);
}

/** Tells what is left of the ended connections; false if some still find no room. */
function tellEnded(inside: Inside): boolean {
  const { ended, record, link } = inside;
  let told = 0;
  for (; told < ended.length; told += 2) {
    record.kind = TO_IKE.CLOSED;
    record.len = 0;
    record.row = ended[told] ?? 0;
    record.generation = ended[told + 1] ?? 0;
    if (!pushOrWant(link, record)) break;
    inside.hasWritten = true;
  }
  if (told > 0) ended.splice(0, told);
  return ended.length === 0;
}

function push(lane: Lane, inside: Inside, { row }: Connection, kind: number): boolean {
  const { record, link } = inside;
  record.kind = kind;
  record.row = row;
  record.generation = rowGeneration(lane.tables, row);
  if (!pushOrWant(link, record)) return false;
  inside.hasWritten = true;
  return true;
}

/** The reader may have made room before it could know that somebody waits: hence the second try. */
function pushOrWant({ toIke }: OpenLink, record: RingRecord): boolean {
  if (pushRecord(toIke, record)) return true;
  wantRoom(toIke);
  return pushRecord(toIke, record);
}

/** IKE has woken the lane: there is something to read, or room to write. */
export function noteInside({ inside }: Lane): void {
  if (inside !== null) inside.isReadable = true;
}

/** Whether the lane has something to read from IKE. */
export function hasInside({ inside }: Lane): boolean {
  return inside !== null && inside.isReadable;
}

/** Lets those try again that have found no room, and reads what has come, for one turn. */
export function serveInside(lane: Lane): void {
  const { inside } = lane;
  if (inside === null || !inside.isReadable) return;
  tryAgain(lane, inside);
  inside.isReadable = takeSome(lane, inside);
  if (isRoomWanted(inside.link.toLane)) inside.hasWritten = true;
}

/** Reads records until none is left, or the turn is over: then the result is true. */
function takeSome(lane: Lane, inside: Inside): boolean {
  const { toLane } = inside.link;
  for (let i = 0; i < TURN_RECORDS_MAX; i++) {
    if (!lookAtRecord(toLane, inside.record)) return false;
    take(lane, inside);
    consumeRecord(toLane);
  }
  return true;
}

function tryAgain(lane: Lane, inside: Inside): void {
  if (!tellEnded(inside)) return;
  const { held, untold } = inside;
  if (untold.size > 0) {
    inside.untold = new Set();
    for (const connection of untold) tellOwn(lane, connection);
  }
  if (held.size === 0) return;
  inside.held = new Set();
  for (const connection of held) retry(lane, connection);
}

/** Wakes IKE if this turn has written something. */
export function wakeInside(lane: Lane): void {
  const { inside, libc, tables } = lane;
  if (inside === null || !inside.hasWritten) return;
  inside.hasWritten = false;
  libc.write(inside.ikeEventfd, tables.oneAt, 8);
}

/** Does what the record says that was looked at. One for a connection that has ended is gone. */
function take(lane: Lane, inside: Inside): void {
  const { core, index, tables } = lane;
  const { kind, row, generation, len } = inside.record;
  const connection = lane.connections[row];
  if (connection === undefined || rowGeneration(tables, row) !== generation) {
    if (kind === TO_LANE.MESSAGE) core.count(index, Status.TxRingFull, 1);
    return;
  }
  switch (kind) {
    case TO_LANE.MESSAGE:
      takeMessage(lane, connection, inside);
      return;
    case TO_LANE.SUSPECT:
      core.conn_suspect(index, row);
      return;
    case TO_LANE.TRUSTED:
      core.conn_trust(index, row, lane.now);
      return;
    default:
      throw new RangeError(`Cannot take record ${kind} of ${len} octets: unknown`);
  }
}

function takeMessage(lane: Lane, connection: Connection, inside: Inside): void {
  const { len } = inside.record;
  const at = slotAt(lane);
  if (connection.unsent.length > 0) {
    keep(lane, connection, copyOf(inside, len));
    return;
  }
  copyRecord(inside.link.toLane, lane.tables.u8, at);
  const room = lane.core.ike_in(lane.index, connection.row, at, len, lane.now);
  if (room === 1) flush(lane, connection);
  else waitFor(lane, connection, { room, message: copyOf(inside, len) });
}

function copyOf({ link }: Inside, len: number): Uint8Array {
  const message = new Uint8Array(len);
  copyRecord(link.toLane, message, 0);
  return message;
}

/** Between two batches the lane's first slot is free. */
function slotAt({ tables }: Lane): number {
  return ((tables.u32[(tables.block + LANE_SLOT_IOV) >>> 2] ?? 0) - tables.baseLow) >>> 0;
}

function keep(lane: Lane, connection: Connection, message: Uint8Array): void {
  connection.unsent.push(message);
  if (connection.unsent.length > UNSENT_MAX) doom(lane, connection, Status.SendStalled);
}

/** The message waits for a ring, or until a sender has made room in the reserve. */
function waitFor(
  lane: Lane,
  connection: Connection,
  { room, message }: { readonly room: number; readonly message: Uint8Array },
): void {
  keep(lane, connection, message);
  if (room === NO_RING) starveOfRing(lane, connection);
  else flush(lane, connection);
}

/** Queues messages that have waited, as far as there is room. */
export function sendUnsent(lane: Lane, connection: Connection): void {
  const { core, index, tables } = lane;
  const { unsent, row } = connection;
  const at = slotAt(lane);
  for (let message = unsent[0]; message !== undefined; message = unsent[0]) {
    tables.u8.set(message, at);
    const room = core.ike_in(index, row, at, message.length, lane.now);
    if (room === NO_RING) starveOfRing(lane, connection);
    if (room !== 1) break;
    unsent.shift();
  }
  flush(lane, connection);
}

/** Whether a connection has messages that wait for room. */
export function hasUnsent({ unsent }: Connection): boolean {
  return unsent.length > 0;
}
