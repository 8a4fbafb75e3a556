// A lane may send on a connection of another lane. If it leaves octets behind there, the owner has
// to watch them, because the owner's timers decide when a begun frame has taken too long
// (SendStalled). The sender asks once for as long as octets wait: a congested connection always has
// some.

import { LANE_ATTENTION } from "../../ts-bindings/layout.ts";
import { armTimer } from "./deadlines.ts";
import { hasUpstream, type Lane, list } from "./lane.ts";
import { rowTxPartialAt } from "./row.ts";

/** Asks lane `owner` to look after its connections with waiting octets, and wakes it. */
export function callAttention(lane: Lane, owner: number): void {
  const word = (lane.core.lane_block(owner) + LANE_ATTENTION) >>> 2;
  if (Atomics.exchange(lane.tables.i32, word, 1) === 1) return;
  const fd = lane.init.eventfds[owner];
  if (fd !== undefined) lane.libc.write(fd, lane.tables.oneAt, 8);
}

/**
 * Looks after own connections on which another lane has sent. It arms the timers of those with a
 * frame that has left in part, and reads upstream on where the sender has made room in the reserve.
 */
export function payAttention(lane: Lane): void {
  const word = (lane.tables.block + LANE_ATTENTION) >>> 2;
  if (Atomics.exchange(lane.tables.i32, word, 0) === 0) return;
  for (const connection of lane.live) {
    if (rowTxPartialAt(lane.tables, connection.row) > 0) armTimer(lane, connection);
    if (hasUpstream(lane, connection)) list(lane, connection);
  }
}
