// At a limit of connections one of no use gives way to a new one. The core chooses it
// (`wasm-core/src/path/give_way.rs`). One of another lane is closed by that lane.

import { LANE_ORDERS } from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import { closeConnection } from "./close.ts";
import { doom, type Lane } from "./lane.ts";
import { hasRowLeft, rowLane } from "./row.ts";

/** Order of one lane to another: close the connections that give way. */
export const ORDER_GIVE_WAY = 64;

/**
 * Makes room for the connection whose peer LANE_SOCKADDR names, if it is at a limit and another one
 * gives way. No batch may be in work.
 */
export function makeRoom(lane: Lane): void {
  const { core, index, init, libc, tables } = lane;
  const row = core.conn_give_way(index, lane.now);
  if (row === 0) return;
  const own = lane.connections[row];
  if (own !== undefined) {
    closeConnection(lane, own, Status.GaveWay);
    return;
  }
  const owner = rowLane(tables, row);
  const eventfd = init.eventfds[owner];
  if (eventfd === undefined) return;
  Atomics.or(tables.i32, (core.lane_block(owner) + LANE_ORDERS) >>> 2, ORDER_GIVE_WAY);
  libc.write(eventfd, tables.oneAt, 8);
}

/** Closes own connections that give way to new ones of other lanes. */
export function giveWay(lane: Lane): void {
  for (const connection of lane.live) {
    if (hasRowLeft(lane.tables, connection.row)) doom(lane, connection, Status.GaveWay);
  }
}
