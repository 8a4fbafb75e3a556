// The row of a connection in shared memory, as a lane reads it. Only this file says where a lane
// finds a field. The core writes rows, but for the few fields that have a function for it here.
//
// Times are monotonic ms with a fraction. `row` is 1 and up.

import {
  ROW_ADDRESS,
  ROW_FAMILY,
  ROW_FD,
  ROW_GENERATION,
  ROW_HAS_LEFT,
  ROW_HELD_AT,
  ROW_IKE_WAITS,
  ROW_IS_ASKED,
  ROW_IS_LIKELY,
  ROW_LANE,
  ROW_LEN,
  ROW_LOCAL_ADDRESS,
  ROW_LOCAL_PORT,
  ROW_LOWAT,
  ROW_LOWAT_SET,
  ROW_OPENED_AT,
  ROW_PARTIAL_AT,
  ROW_PORT,
  ROW_READ_AT,
  ROW_SEGMENT,
  ROW_STATE,
  ROW_TRUSTED_AT,
  ROW_TX_PARTIAL_AT,
  ROW_TX_QUEUED,
  ROW_UP_ADDRESS,
  ROW_UP_PLAIN,
  ROW_UP_PORT,
  ROW_UP_SAID,
  ROW_VALID_AT,
} from "../../ts-bindings/layout.ts";
import { ENDS } from "../edges/ike_link.ts";
import { AF_INET6 } from "../linux/constants.ts";
import type { InetAddress } from "../linux/structs.ts";
import type { LaneTables } from "./tables.ts";

/** The memory of the rows. */
export type RowTables = Pick<LaneTables, "rows" | "u8" | "i32" | "u32" | "f64">;

/** Descriptor of the TCP connection. */
export function rowFd(tables: RowTables, row: number): number {
  return readI32(tables, row, ROW_FD);
}

/** Number of the lane that owns the connection. */
export function rowLane(tables: RowTables, row: number): number {
  return readI32(tables, row, ROW_LANE);
}

/** Number that tells the connection apart from others of the same row. */
export function rowGeneration(tables: RowTables, row: number): number {
  return readI32(tables, row, ROW_GENERATION);
}

/** Octets of the peer's address, 4 or 16; a view. */
export function rowAddress(tables: RowTables, row: number): Uint8Array {
  const at = offsetOf(tables, row) + ROW_ADDRESS;
  const isV6 = readI32(tables, row, ROW_FAMILY) === AF_INET6;
  return tables.u8.subarray(at, at + (isV6 ? 16 : 4));
}

/** Lays the addresses of both ends out, as ENDS has them. */
export function copyEnds(tables: RowTables, row: number, ends: Uint8Array): void {
  const at = offsetOf(tables, row);
  const isV6 = readI32(tables, row, ROW_FAMILY) === AF_INET6;
  ends[ENDS.FAMILY] = isV6 ? 6 : 4;
  putPort(ends, ENDS.LOCAL_PORT, readI32(tables, row, ROW_LOCAL_PORT));
  putPort(ends, ENDS.REMOTE_PORT, readI32(tables, row, ROW_PORT));
  for (let i = 0; i < 16; i++) {
    const isUsed = isV6 || i < 4;
    ends[ENDS.LOCAL + i] = isUsed ? tables.u8[at + ROW_LOCAL_ADDRESS + i] ?? 0 : 0;
    ends[ENDS.REMOTE + i] = isUsed ? tables.u8[at + ROW_ADDRESS + i] ?? 0 : 0;
  }
}

function putPort(octets: Uint8Array, at: number, port: number): void {
  octets[at] = port >>> 8;
  octets[at + 1] = port;
}

/** State of the connection, a `CONN_` value. */
export function rowState(tables: RowTables, row: number): number {
  return readI32(tables, row, ROW_STATE);
}

/** Time at which the connection was opened. */
export function rowOpenedAt(tables: RowTables, row: number): number {
  return readF64(tables, row, ROW_OPENED_AT);
}

/** Time of the last read that brought octets; of the opening before that. */
export function rowReadAt(tables: RowTables, row: number): number {
  return readF64(tables, row, ROW_READ_AT);
}

/**
 * Time of the read that brought the beginning of the incomplete frame in the receive ring; 0
 * without one.
 */
export function rowPartialAt(tables: RowTables, row: number): number {
  return readF64(tables, row, ROW_PARTIAL_AT);
}

/**
 * Time of the first read since the connection last rested with an empty receive ring; 0 while it
 * rests.
 */
export function rowHeldAt(tables: RowTables, row: number): number {
  return readF64(tables, row, ROW_HELD_AT);
}

/**
 * Time of the last valid traffic: an authentic packet, a datagram of the daemon, or else the
 * opening.
 */
export function rowWordAt(tables: RowTables, row: number): number {
  return Math.max(readF64(tables, row, ROW_VALID_AT), rowOpenedAt(tables, row));
}

/** Time of the last word that proved a key; 0 before the first. */
export function rowTrustedAt(tables: RowTables, row: number): number {
  return readF64(tables, row, ROW_TRUSTED_AT);
}

/** Whether the daemon has given its client an answer that makes a key likely. */
export function rowIsLikely(tables: RowTables, row: number): boolean {
  return tables.u8[offsetOf(tables, row) + ROW_IS_LIKELY] !== 0;
}

/** Whether it gives way, and counts for its source no more: its lane has to close it. */
export function hasRowLeft(tables: RowTables, row: number): boolean {
  return tables.u8[offsetOf(tables, row) + ROW_HAS_LEFT] !== 0;
}

/** Whether its lane has to ask whether its peer is still there. */
export function isRowAsked(tables: RowTables, row: number): boolean {
  return tables.u8[offsetOf(tables, row) + ROW_IS_ASKED] !== 0;
}

/** Notes that the lane has heard of that. */
export function clearRowAsked(tables: RowTables, row: number): void {
  tables.u8[offsetOf(tables, row) + ROW_IS_ASKED] = 0;
}

/** Time since when a begun frame has not left whole; 0 if none waits. */
export function rowTxPartialAt(tables: RowTables, row: number): number {
  return readF64(tables, row, ROW_TX_PARTIAL_AT);
}

/** Octets queued towards TCP. */
export function rowTxQueued(tables: RowTables, row: number): number {
  return readI32(tables, row, ROW_TX_QUEUED);
}

/** Whether the owner does not read upstream because the reserve for IKE is full. */
export function doesIkeWait(tables: RowTables, row: number): boolean {
  return readI32(tables, row, ROW_IKE_WAITS) !== 0;
}

/** Most octets that the kernel should hold unsent. */
export function rowLowat(tables: RowTables, row: number): number {
  return readI32(tables, row, ROW_LOWAT);
}

/** Value of that number that the kernel has; 0 if none yet. */
export function rowLowatSet(tables: RowTables, row: number): number {
  return readI32(tables, row, ROW_LOWAT_SET);
}

/** Stores the value that the kernel has now. Under the transmit lock. */
export function setRowLowatSet(tables: RowTables, row: number, octets: number): void {
  tables.u32[(offsetOf(tables, row) + ROW_LOWAT_SET) >>> 2] = octets;
}

/** Octets of a TCP segment; 0 until a lane has asked the kernel. */
export function rowSegment(tables: RowTables, row: number): number {
  return readI32(tables, row, ROW_SEGMENT);
}

/** Stores the kernel's answer. Under the transmit lock. */
export function setRowSegment(tables: RowTables, row: number, octets: number): void {
  tables.u32[(offsetOf(tables, row) + ROW_SEGMENT) >>> 2] = octets;
}

/** Who has said what on the way to the daemon and back: `SAID_` bits. */
export function rowUpSaid(tables: RowTables, row: number): number {
  return readI32(tables, row, ROW_UP_SAID);
}

/** Stores that the upstream socket takes no runs of datagrams. */
export function setRowUpPlain(tables: RowTables, row: number): void {
  tables.u32[(offsetOf(tables, row) + ROW_UP_PLAIN) >>> 2] = 1;
}

/** Stores the address of the upstream socket. */
export function setRowUpLocal(tables: RowTables, row: number, local: InetAddress): void {
  const at = offsetOf(tables, row);
  tables.u8.set(local.octets, at + ROW_UP_ADDRESS);
  tables.u32[(at + ROW_UP_PORT) >>> 2] = local.port;
}

function offsetOf(tables: RowTables, row: number): number {
  return tables.rows + row * ROW_LEN;
}

function readI32(tables: RowTables, row: number, field: number): number {
  return tables.i32[(offsetOf(tables, row) + field) >>> 2] ?? 0;
}

function readF64(tables: RowTables, row: number, field: number): number {
  return tables.f64[(offsetOf(tables, row) + field) / 8] ?? 0;
}
