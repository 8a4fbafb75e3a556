import { equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { COMMAND_COUNT, LANE_ORDERS } from "../../ts-bindings/layout.ts";
import {
  COMMAND_KICK,
  ORDER_COLLECT,
  ORDER_DRAIN,
  ORDER_NETWORK,
  ORDER_STOP,
} from "../lane/commands.ts";
import type { LaneInit, LaneNotice } from "../lane/init.ts";
import type { Kernel } from "../linux/kernel.ts";
import type { Runtime } from "../runtime/types.ts";
import { type Lanes, startLanes } from "./lanes.ts";

test("a full ring refuses commands, and holds no order back", async () => {
  const { lanes, i32, hear } = await start();
  const command = [COMMAND_KICK, 1, 0];
  for (let i = 0; i < COMMAND_COUNT; i++) ok(lanes.command(0, command));
  ok(!lanes.command(0, command));
  lanes.collect();
  equal(i32[LANE_ORDERS >>> 2], ORDER_COLLECT);
  i32[LANE_ORDERS >>> 2] = 0;
  lanes.drain();
  equal(i32[LANE_ORDERS >>> 2], ORDER_DRAIN);
  lanes.networkChanged();
  equal(i32[LANE_ORDERS >>> 2], ORDER_DRAIN | ORDER_NETWORK);
  const stopping = lanes.stop();
  equal(i32[LANE_ORDERS >>> 2], ORDER_DRAIN | ORDER_NETWORK | ORDER_STOP);
  hear({ kind: "stopped" });
  await stopping;
});

test("stop() fails when a lane does not return in time", async () => {
  const { lanes } = await start(1);
  await rejects(lanes.stop(), /Cannot stop the lanes: not done in 1 ms/);
});

/** One lane whose thread is the test's. */
async function start(
  stopTimeoutMs = 10_000,
): Promise<{ lanes: Lanes; i32: Int32Array; hear: (notice: LaneNotice) => void }> {
  const i32 = new Int32Array(new SharedArrayBuffer(1 << 20));
  const worker = {
    onmessage: (_event: { readonly data: LaneNotice }): void => undefined,
    postMessage: (): void => worker.onmessage({ data: { kind: "ready" } }),
  };
  const scratch = { view: new DataView(new ArrayBuffer(8)), at: () => 0 };
  const lanes = await startLanes({
    runtime: { startLaneWorker: () => worker } as unknown as Runtime,
    kernel: { libc: { write: () => 8 }, scratch } as unknown as Kernel,
    inits: [{ index: 0, eventfd: 3 } as LaneInit],
    i32,
    blocks: [0],
    stopTimeoutMs,
    onNews: () => undefined,
    onTrouble: () => undefined,
    onRefusedCall: () => undefined,
    onUpstream: () => undefined,
    onPongs: () => undefined,
    onRefused: () => undefined,
    onFailure: (_, reason) => {
      throw new Error(reason);
    },
  });
  return { lanes, i32, hear: (notice) => worker.onmessage({ data: notice }) };
}
