// Events for the shell: records in the event ring of the lane's block, and one message when there
// are new ones. Nothing is posted per packet. A full ring loses events, which it counts, and takes
// no more memory.

import { EVENT_CLOSED, EVENT_OPENED, LANE_EVENTS_WRITTEN } from "../../ts-bindings/layout.ts";
import type { Connection } from "./connection.ts";
import type { Lane } from "./lane.ts";

/**
 * Appends an event about a connection. The core adds the peer's address from the row. The value is
 * what came instead of a stream prefix (gateway/lane/foreign.ts).
 */
export function tellConnection(
  lane: Lane,
  connection: Connection,
  kind: "opened" | "closed",
  status: number,
): void {
  const code = kind === "opened" ? EVENT_OPENED : EVENT_CLOSED;
  lane.core.event(lane.index, code, connection.row, status, 0, connection.foreign);
}

/** Posts one message if the ring has grown since the last message. */
export function announce(lane: Lane): void {
  const { u32, block } = lane.tables;
  const written = u32[(block + LANE_EVENTS_WRITTEN) >>> 2] ?? 0;
  if (written === lane.eventsTold) return;
  lane.eventsTold = written;
  lane.tell({ kind: "news" });
}
