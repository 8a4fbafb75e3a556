// The rows of the connections in shared memory, read without a lock. The core and the lanes write
// them.

import {
  CONN_CLOSED,
  FAMILY_V4,
  ROW_ADDRESS,
  ROW_EPOCH_MS,
  ROW_FAMILY,
  ROW_FD,
  ROW_GENERATION,
  ROW_INBOUND,
  ROW_LANE,
  ROW_LEN,
  ROW_LOCAL_ADDRESS,
  ROW_LOCAL_PORT,
  ROW_OUTBOUND,
  ROW_PORT,
  ROW_STATE,
  ROW_TX_QUEUED,
  ROW_UP_ADDRESS,
  ROW_UP_PORT,
} from "../../ts-bindings/layout.ts";
import type { ConnectionView } from "../model/connection.ts";
import { connectionId, rowOfId } from "../model/connection_id.ts";
import { socketAddressText } from "../model/socket_address.ts";
import { type MemoryViews, readF64, readU32 } from "./memory_views.ts";
import { readRowKinds, stateName } from "./totals.ts";

/** The rows of connections. Each call reads them as they are at that moment. */
export interface ConnectionRows {
  /** Rows of all live connections, in ascending order. */
  live(): Iterable<number>;
  /** States of all live connections, as the core numbers them. */
  states(): Iterable<number>;
  /** Id of the connection in a row now; null if there is none, as in row 0. */
  idOf(row: number): number | null;
  /** Row of a live connection. */
  rowOf(id: number): number | undefined;
  /** Where a connection is, for an order to its lane. */
  locate(id: number): { lane: number; row: number; generation: number } | undefined;
  /** Id of the live connection with this descriptor, if a lane has it. */
  idOfDescriptor(fd: number): number | undefined;
  /** Descriptor of a row's connection. It stays open only while the row's transmit lock is held. */
  descriptorOf(row: number): number;
  /** Generation of a row: another one means another connection. */
  generationOf(row: number): number;
  /** Lane that owns the connection of a row; undefined if there is none, as in row 0. */
  laneOf(row: number): number | undefined;
  /** A live row in the form of the API. */
  show(row: number): ShownRow;
}

/** What the API shows of a connection and its row holds. */
export type ShownRow = Omit<ConnectionView, "sas" | "spis" | "rttMicros">;

export interface ConnectionRowsOptions {
  /** Offset of row 1, octets. */
  readonly first: number;
  readonly connectionsMax: number;
  /** Family of the daemon's address, `AF_INET` or `AF_INET6`; 0 without a daemon. */
  readonly upstreamFamily: number;
}

/** Makes the reader of the rows. It needs nothing but the memory, so it is made before the SAD. */
export function createConnectionRows(
  memory: MemoryViews,
  options: ConnectionRowsOptions,
): ConnectionRows {
  const rows: Rows = { ...options, memory };
  return {
    live: () => liveRows(rows),
    states: () => states(rows),
    idOf: (row) => isLive(rows, row) ? idAt(rows, row) : null,
    rowOf: (id) => rowOf(rows, id),
    locate: (id) => locate(rows, id),
    idOfDescriptor: (fd) => idOfDescriptor(rows, fd),
    descriptorOf: (row) => memory.i32[(rowAt(rows, row) + ROW_FD) >>> 2] ?? -1,
    generationOf: (row) => field(rows, row, ROW_GENERATION),
    laneOf: (row) => isLive(rows, row) ? field(rows, row, ROW_LANE) : undefined,
    show: (row) => viewRow(rows, row),
  };
}

/** The rows in shared memory. */
interface Rows extends ConnectionRowsOptions {
  readonly memory: MemoryViews;
}

function rowAt(rows: Rows, row: number): number {
  return rows.first + (row - 1) * ROW_LEN;
}

function field(rows: Rows, row: number, name: number): number {
  return readU32(rows.memory, rowAt(rows, row) + name);
}

function isLive(rows: Rows, row: number): boolean {
  return row >= 1 && row <= rows.connectionsMax && field(rows, row, ROW_STATE) !== CONN_CLOSED;
}

function* liveRows(rows: Rows): Generator<number> {
  for (let row = 1; row <= rows.connectionsMax; row++) if (isLive(rows, row)) yield row;
}

function* states(rows: Rows): Generator<number> {
  for (const row of liveRows(rows)) yield field(rows, row, ROW_STATE);
}

function idAt(rows: Rows, row: number): number {
  return connectionId(row, field(rows, row, ROW_GENERATION));
}

function idOfDescriptor(rows: Rows, fd: number): number | undefined {
  for (const row of liveRows(rows)) if (field(rows, row, ROW_FD) === fd) return idAt(rows, row);
  return undefined;
}

function rowOf(rows: Rows, id: number): number | undefined {
  const row = rowOfId(id);
  return isLive(rows, row) && idAt(rows, row) === id ? row : undefined;
}

function locate(
  rows: Rows,
  id: number,
): { lane: number; row: number; generation: number } | undefined {
  const row = rowOf(rows, id);
  if (row === undefined) return undefined;
  return { row, lane: field(rows, row, ROW_LANE), generation: field(rows, row, ROW_GENERATION) };
}

function viewRow(rows: Rows, row: number): ShownRow {
  const { memory } = rows;
  const at = rowAt(rows, row);
  const inbound = readRowKinds(memory, at + ROW_INBOUND);
  const outbound = readRowKinds(memory, at + ROW_OUTBOUND);
  return {
    id: idAt(rows, row),
    remote: addressText(memory, {
      at: at + ROW_ADDRESS,
      family: field(rows, row, ROW_FAMILY),
      port: field(rows, row, ROW_PORT),
    }),
    local: addressText(memory, {
      at: at + ROW_LOCAL_ADDRESS,
      family: field(rows, row, ROW_FAMILY),
      port: field(rows, row, ROW_LOCAL_PORT),
    }),
    upstreamLocal: upstreamLocal(rows, row),
    state: stateName(field(rows, row, ROW_STATE)),
    since: new Date(readF64(memory, at + ROW_EPOCH_MS)).toISOString(),
    lane: field(rows, row, ROW_LANE),
    frames: { inbound: inbound.frames, outbound: outbound.frames },
    octets: { inbound: inbound.octets, outbound: outbound.octets },
    queueOctets: field(rows, row, ROW_TX_QUEUED),
  };
}

function upstreamLocal(rows: Rows, row: number): string | null {
  const port = field(rows, row, ROW_UP_PORT);
  if (port === 0) return null;
  const at = rowAt(rows, row) + ROW_UP_ADDRESS;
  return addressText(rows.memory, { at, family: rows.upstreamFamily, port });
}

/**
 * An address in the memory with its port, as text.
 *
 * @param at Offset of the address, octets; it is in network byte order
 * @param family `FAMILY_V4` (4 octets) or `FAMILY_V6` (16 octets)
 */
export function addressText(
  memory: MemoryViews,
  { at, family, port }: { readonly at: number; readonly family: number; readonly port: number },
): string {
  const octets = memory.u8.slice(at, at + (family === FAMILY_V4 ? 4 : 16));
  return socketAddressText({ octets, port });
}
