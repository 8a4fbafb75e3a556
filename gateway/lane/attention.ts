// A lane that is the first to leave octets behind on another lane's connection asks the owner to watch it: the owner's timers decide when a
// begun frame has taken too long (SendStalled). Once for as long as octets wait: a congested connection always has some.

import { LANE_ATTENTION } from "../../ts-bindings/layout.ts";
import { armTimer } from "./deadlines.ts";
import { hasUpstream, type Lane, list } from "./lane.ts";
import { rowTxPartialAt } from "./row.ts";

/** Asks lane `owner` to look after its connections with octets that wait, and wakes it. */
export function callAttention(lane: Lane, owner: number): void {
  const word = (lane.core.lane_block(owner) + LANE_ATTENTION) >>> 2;
  if (Atomics.exchange(lane.tables.i32, word, 1) === 1) return;
  const fd = lane.init.eventfds[owner];
  if (fd !== undefined) lane.libc.write(fd, lane.tables.oneAt, 8);
}

/**
 * Looks after own connections on which another lane has sent: arms the timers of those where it was stopped in the middle
 * of a frame, and reads upstream on where it has made room in the reserve.
 */
export function payAttention(lane: Lane): void {
  const word = (lane.tables.block + LANE_ATTENTION) >>> 2;
  if (Atomics.exchange(lane.tables.i32, word, 0) === 0) return;
  for (const connection of lane.live) {
    if (rowTxPartialAt(lane.tables, connection.row) > 0) armTimer(lane, connection);
    if (hasUpstream(lane, connection)) list(lane, connection);
  }
}
