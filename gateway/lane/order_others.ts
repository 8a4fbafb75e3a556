// Orders of one lane to others: a flag in the other's block, and a wake. The shell's orders are in
// `commands.ts`.

import { LANE_ORDERS } from "../../ts-bindings/layout.ts";
import type { Lane } from "./lane.ts";

/** Gives lane `other` an order, an `ORDER_` bit. */
export function orderOther({ core, init, libc, tables }: Lane, other: number, order: number): void {
  const eventfd = init.eventfds[other];
  if (eventfd === undefined) return;
  Atomics.or(tables.i32, (core.lane_block(other) + LANE_ORDERS) >>> 2, order);
  libc.write(eventfd, tables.oneAt, 8);
}

/** Gives all other lanes an order, an `ORDER_` bit. */
export function orderOthers(lane: Lane, order: number): void {
  for (let other = 0; other < lane.init.eventfds.length; other++) {
    if (other !== lane.index) orderOther(lane, other, order);
  }
}
