// The row of a connection in shared memory, as a lane reads it. Here alone a lane says where in a row
// something stands. The core writes rows; the few fields that a lane writes have a function here, too.

import {
  ROW_ADDRESS,
  ROW_FAMILY,
  ROW_FD,
  ROW_GENERATION,
  ROW_HELD_AT,
  ROW_IKE_WAITS,
  ROW_LANE,
  ROW_LEN,
  ROW_LOWAT,
  ROW_LOWAT_SET,
  ROW_OPENED_AT,
  ROW_PARTIAL_AT,
  ROW_READ_AT,
  ROW_SEGMENT,
  ROW_STATE,
  ROW_TX_PARTIAL_AT,
  ROW_TX_QUEUED,
  ROW_UP_PLAIN,
  ROW_VALID_AT,
} from "../../ts-bindings/layout.ts";
import { AF_INET6 } from "../linux/constants.ts";
import type { LaneTables } from "./tables.ts";

/** The memory in which rows lie. */
export type RowTables = Pick<LaneTables, "rows" | "u8" | "i32" | "u32" | "f64">;

/** The TCP connection's descriptor. */
export function rowFd(tables: RowTables, row: number): number {
  return readI32(tables, row, ROW_FD);
}

/** The lane whose connection it is. */
export function rowLane(tables: RowTables, row: number): number {
  return readI32(tables, row, ROW_LANE);
}

/** Tells the connection apart from others of the same row. */
export function rowGeneration(tables: RowTables, row: number): number {
  return readI32(tables, row, ROW_GENERATION);
}

/** The octets of the peer's address, 4 or 16; a view. */
export function rowAddress(tables: RowTables, row: number): Uint8Array {
  const at = offsetOf(tables, row) + ROW_ADDRESS;
  const isV6 = readI32(tables, row, ROW_FAMILY) === AF_INET6;
  return tables.u8.subarray(at, at + (isV6 ? 16 : 4));
}

/** State of the connection, a `CONN_` value. */
export function rowState(tables: RowTables, row: number): number {
  return readI32(tables, row, ROW_STATE);
}

/** When the connection was opened, monotonic ms. */
export function rowOpenedAt(tables: RowTables, row: number): number {
  return readF64(tables, row, ROW_OPENED_AT);
}

/** When the last octets were read, monotonic ms; at first when it was opened. */
export function rowReadAt(tables: RowTables, row: number): number {
  return readF64(tables, row, ROW_READ_AT);
}

/** When the incomplete frame in the receive ring began, monotonic ms; 0 without one. */
export function rowPartialAt(tables: RowTables, row: number): number {
  return readF64(tables, row, ROW_PARTIAL_AT);
}

/** Since when the connection has not rested with an empty receive ring, monotonic ms; 0 if it does. */
export function rowHeldAt(tables: RowTables, row: number): number {
  return readF64(tables, row, ROW_HELD_AT);
}

/**
 * When something last came that belongs here, monotonic ms: an authentic packet or a datagram of the
 * daemon, or else the connection itself.
 */
export function rowWordAt(tables: RowTables, row: number): number {
  return Math.max(readF64(tables, row, ROW_VALID_AT), rowOpenedAt(tables, row));
}

/** Since when a begun frame has failed to leave whole, monotonic ms; 0 if none has. */
export function rowTxPartialAt(tables: RowTables, row: number): number {
  return readF64(tables, row, ROW_TX_PARTIAL_AT);
}

/** Octets queued towards TCP. */
export function rowTxQueued(tables: RowTables, row: number): number {
  return readI32(tables, row, ROW_TX_QUEUED);
}

/** Whether upstream is not read because the reserve for IKE is full. */
export function doesIkeWait(tables: RowTables, row: number): boolean {
  return readI32(tables, row, ROW_IKE_WAITS) !== 0;
}

/** Octets that the kernel should hold unsent at most. */
export function rowLowat(tables: RowTables, row: number): number {
  return readI32(tables, row, ROW_LOWAT);
}

/** What the kernel was told of that; 0 if nothing yet. */
export function rowLowatSet(tables: RowTables, row: number): number {
  return readI32(tables, row, ROW_LOWAT_SET);
}

/** Notes what the kernel was told. Under the transmit lock. */
export function setRowLowatSet(tables: RowTables, row: number, octets: number): void {
  tables.u32[(offsetOf(tables, row) + ROW_LOWAT_SET) >>> 2] = octets;
}

/** Octets of a TCP segment; 0 as long as nobody has asked the kernel. */
export function rowSegment(tables: RowTables, row: number): number {
  return readI32(tables, row, ROW_SEGMENT);
}

/** Notes what the kernel has answered. Under the transmit lock. */
export function setRowSegment(tables: RowTables, row: number, octets: number): void {
  tables.u32[(offsetOf(tables, row) + ROW_SEGMENT) >>> 2] = octets;
}

/** Notes that the upstream socket takes no runs of datagrams. */
export function setRowUpPlain(tables: RowTables, row: number): void {
  tables.u32[(offsetOf(tables, row) + ROW_UP_PLAIN) >>> 2] = 1;
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
