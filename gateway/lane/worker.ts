// Entry of a lane's worker thread. It takes the shell's first message, builds the lane, runs it,
// and reports its end.

import { instantiateCore } from "../../ts-bindings/core.ts";
import { LANE_SCRATCH } from "../../ts-bindings/layout.ts";
import { joinNativeEngine } from "../engine/native.ts";
import { createClock } from "../linux/clock.ts";
import { endProcess } from "../linux/end_process.ts";
import { runtime } from "../runtime/mod.ts";
import type { Libc } from "../runtime/types.ts";
import { closeLane, createLane } from "./create.ts";
import type { LaneInit, LaneNotice } from "./init.ts";
import type { Lane } from "./lane.ts";
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
  const started = tryOpen(init);
  if (started === undefined) return;
  const { lane, libc } = started;
  try {
    tell({ kind: "ready" });
    runLane(lane);
    closeLane(lane);
    tell({ kind: "stopped" });
  } catch (error) {
    // CoreTrap: a lock of the shared memory may stay taken for good, with the shell asleep on it
    // (docs/design/data-path.md, fates).
    endProcess(runtime, libc, { format: init.logFormat, lane: init.index, error });
  }
}

/** Builds the lane. If that fails, it tells the shell why and returns undefined. */
function tryOpen(init: LaneInit): { readonly lane: Lane; readonly libc: Libc } | undefined {
  try {
    const core = instantiateCore({ module: init.module, memory: init.memory });
    const libc = runtime.openLibc();
    const mapped = runtime.mapMemory(init.memory);
    const clock = createClock({
      libc,
      memory: init.memory,
      mapped,
      offset: core.lane_block(init.index) + LANE_SCRATCH,
    });
    const native = init.native === null ? null : joinNativeEngine(runtime, init.native);
    const collect = runtime.garbage?.collect;
    return { lane: createLane({ init, core, native, libc, mapped, clock, tell, collect }), libc };
  } catch (error) {
    tell({ kind: "failed", reason: error instanceof Error ? error.message : String(error) });
    return undefined;
  }
}

function tell(notice: LaneNotice): void {
  scope.postMessage(notice);
}

scope.onmessage = start;
