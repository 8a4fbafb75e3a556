// Drain (`--drain-timeout-ms`): nothing is accepted and no TCP is read; queued frames leave; a connection closes when its queue
// is empty, and what is left at the timeout is reset.

import { Status } from "../../ts-bindings/status.ts";
import { closeConnection, resetOnClose } from "./close.ts";
import type { Lane } from "./lane.ts";
import { finish } from "./receive.ts";

/** Starts to drain. Idempotent. */
export function startDrain(lane: Lane): void {
  if (lane.isDraining) return;
  lane.isDraining = true;
  lane.drainDueAt = lane.now + lane.init.drainTimeoutMs;
  for (const connection of lane.connections) {
    if (connection !== undefined) finish(lane, connection, Status.Drained);
  }
}

/** Resets what has not left in time. */
export function checkDrain(lane: Lane): void {
  if (!lane.isDraining || lane.now < lane.drainDueAt) return;
  for (const connection of lane.connections) {
    if (connection === undefined) continue;
    resetOnClose(lane, connection);
    closeConnection(lane, connection, Status.Drained);
  }
}
