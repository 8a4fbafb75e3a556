// Entry of a lane with clocks. At the end of each connection it prints the times of its stages
// since the end of the previous one, as a line of JSON.

import { writeSync } from "node:fs";
import { instantiateCore } from "../../../ts-bindings/core.ts";
import { LANE_SCRATCH } from "../../../ts-bindings/layout.ts";
import { joinNativeEngine } from "../../../gateway/engine/native.ts";
import { createClock } from "../../../gateway/linux/clock.ts";
import { closeLane, createLane } from "../../../gateway/lane/create.ts";
import type { LaneInit, LaneNotice } from "../../../gateway/lane/init.ts";
import { runLane } from "../../../gateway/lane/loop.ts";
import { runtime } from "../../../gateway/runtime/mod.ts";
import { layClocks } from "./clocks.ts";
import { createThreadClock } from "./thread_clock.ts";

/** The part of the worker's global scope that a lane needs. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<LaneInit>) => void) | null;
  postMessage(notice: LaneNotice): void;
}

const scope = globalThis as unknown as WorkerScope;

function start({ data: init }: MessageEvent<LaneInit>): void {
  try {
    run(init);
  } catch (error) {
    tell({ kind: "failed", reason: error instanceof Error ? error.message : String(error) });
  }
}

function run(init: LaneInit): void {
  const { module, memory, index } = init;
  const core = instantiateCore({ module, memory });
  const libc = runtime.openLibc();
  const mapped = runtime.mapMemory(memory);
  const offset = core.lane_block(index) + LANE_SCRATCH;
  const clock = createClock({ libc, memory, mapped, offset });
  const native = init.native === null ? null : joinNativeEngine(runtime, init.native);
  const clocks = layClocks({ core, libc, native }, createThreadClock(libc));

  function closeEnd(lane: number, conn: number): void {
    core.conn_close_end(lane, conn);
    writeSync(1, `${JSON.stringify(clocks.take())}\n`);
  }

  const clocked = { ...clocks, core: { ...clocks.core, conn_close_end: closeEnd } };
  const lane = createLane({ init, ...clocked, mapped, clock, tell });
  tell({ kind: "ready" });
  runLane(lane);
  closeLane(lane);
  tell({ kind: "stopped" });
}

function tell(notice: LaneNotice): void {
  scope.postMessage(notice);
}

scope.onmessage = start;
