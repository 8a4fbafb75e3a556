// At a limit of connections one of no use gives way to a new one. The core chooses it
// (`wasm-core/src/path/give_way.rs`). One of another lane is closed by that lane.

import { Status } from "../../ts-bindings/status.ts";
import { closeConnection } from "./close.ts";
import { doom, type Lane } from "./lane.ts";
import { orderOther } from "./order_others.ts";
import { hasRowLeft, rowLane } from "./row.ts";

/** Order of one lane to another: close the connections that give way. */
export const ORDER_GIVE_WAY = 64;

/**
 * Makes room for the connection whose peer LANE_SOCKADDR names, if it is at a limit and another one
 * gives way. No batch may be in work.
 */
export function makeRoom(lane: Lane): void {
  const row = lane.core.conn_give_way(lane.index, lane.now);
  if (row === 0) return;
  const own = lane.connections[row];
  if (own !== undefined) {
    closeConnection(lane, own, Status.GaveWay);
    return;
  }
  orderOther(lane, rowLane(lane.tables, row), ORDER_GIVE_WAY);
}

/** Closes own connections that give way to new ones of other lanes. */
export function giveWay(lane: Lane): void {
  for (const connection of lane.live) {
    if (hasRowLeft(lane.tables, connection.row)) doom(lane, connection, Status.GaveWay);
  }
}
