// Descriptors and ports when they are short. A part of the descriptors is kept for connections that
// have proved a key, and for the shell. When a connection finds none, parked sockets are given up,
// and then one without a trusted word gives way, which the core chooses
// (`wasm-core/src/path/give_way.rs`). So no crowd without a key keeps them from the others.

import { Status } from "../../ts-bindings/status.ts";
import type { Connection } from "./connection.ts";
import { doom, type Lane } from "./lane.ts";
import { unpark } from "./parking.ts";
import { rowTrustedAt } from "./row.ts";

/** Part of the open files that is kept. */
const KEPT_PART = 1 / 8;

/**
 * Whether a descriptor is one of those that are kept. A new one is the lowest free number, so its
 * number tells how many are taken.
 */
export function isKept({ init: { openFilesMax } }: Lane, fd: number): boolean {
  return fd >= openFilesMax - openFilesMax * KEPT_PART;
}

/** Whether a connection has what is kept. */
export function isTrusted({ tables }: Lane, { row }: Connection): boolean {
  return rowTrustedAt(tables, row) !== 0;
}

/**
 * Frees a descriptor and a port: one that is parked, or that of a connection without a trusted
 * word, which ends at its next turn.
 *
 * @param connection Who needs it; null for a new one, whose peer is in LANE_SOCKADDR
 * @param waitedMs Time for which it has waited
 * @returns `now` if it is free already, `soon` if it will be, `none` if nobody gives way
 */
export function makeFree(
  lane: Lane,
  connection: Connection | null,
  waitedMs: number,
): "now" | "soon" | "none" {
  if (unpark(lane, waitedMs)) return "now";
  const row = lane.core.conn_spare(lane.index, connection?.row ?? 0, lane.now);
  const found = lane.connections[row];
  if (found === undefined) return "none";
  doom(lane, found, Status.GaveWay);
  return "soon";
}
