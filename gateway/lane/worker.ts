// Entry of a lane's worker thread: takes its init message, builds the lane, runs it, says how it ended.

import { instantiateCore } from "../../ts-bindings/core.ts";
import { LANE_SCRATCH } from "../../ts-bindings/layout.ts";
import { joinNativeEngine } from "../engine/native.ts";
import { runtime } from "../runtime/mod.ts";
import { createClock } from "./clock.ts";
import { closeLane, createLane } from "./create.ts";
import type { LaneInit, LaneNotice } from "./init.ts";
import { runLane } from "./loop.ts";

/** The worker's global scope, as far as a lane needs it. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<LaneInit>) => void) | null;
  postMessage(notice: LaneNotice): void;
  close(): void;
}

const scope = globalThis as unknown as WorkerScope;

function start(event: MessageEvent<LaneInit>): void {
  const init = event.data;
  try {
    const core = instantiateCore({ module: init.module, memory: init.memory });
    const libc = runtime.openLibc();
    const mapped = runtime.mapMemory(init.memory);
    const clock = createClock({
      libc,
      now: runtime.now,
      memory: init.memory,
      mapped,
      offset: core.lane_block(init.index) + LANE_SCRATCH,
    });
    const native = init.native === null ? null : joinNativeEngine(runtime, init.native);
    const lane = createLane({ init, core, native, libc, mapped, clock, tell });
    tell({ kind: "ready" });
    runLane(lane);
    closeLane(lane);
    tell({ kind: "stopped" });
  } catch (error) {
    // A trap may have left a lock of the shared memory taken: the shell ends the process (design.md §8, CoreTrap).
    tell({
      kind: "failed",
      reason: error instanceof Error ? error.stack ?? error.message : String(error),
    });
  }
}

function tell(notice: LaneNotice): void {
  scope.postMessage(notice);
}

scope.onmessage = start;
