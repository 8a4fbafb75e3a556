// Entry of a lane without the limit on the kernel's unsent octets.

import { createClock } from "../../../gateway/linux/clock.ts";
import { closeLane, createLane } from "../../../gateway/lane/create.ts";
import type { LaneInit, LaneNotice } from "../../../gateway/lane/init.ts";
import { runLane } from "../../../gateway/lane/loop.ts";
import { runtime } from "../../../gateway/runtime/mod.ts";
import { instantiateCore } from "../../../ts-bindings/core.ts";
import { LANE_SCRATCH } from "../../../ts-bindings/layout.ts";
import { withoutLowat } from "./libc.ts";

/** The part of the worker's global scope that a lane needs. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<LaneInit>) => void) | null;
  postMessage(notice: LaneNotice): void;
}

const scope = globalThis as unknown as WorkerScope;

function tell(notice: LaneNotice): void {
  scope.postMessage(notice);
}

scope.onmessage = ({ data: init }): void => {
  const { module, memory, index } = init;
  const core = instantiateCore({ module, memory });
  const libc = withoutLowat(runtime.openLibc());
  const mapped = runtime.mapMemory(memory);
  const offset = core.lane_block(index) + LANE_SCRATCH;
  const clock = createClock({ libc, memory, mapped, offset });
  const lane = createLane({ init, core, native: null, libc, mapped, clock, tell });
  tell({ kind: "ready" });
  runLane(lane);
  closeLane(lane);
  tell({ kind: "stopped" });
};
