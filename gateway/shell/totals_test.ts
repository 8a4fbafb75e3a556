import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { LANE_BUSY_MS } from "../../ts-bindings/layout.ts";
import { viewMemory } from "./memory_views.ts";
import { createIkePeers } from "./ike_peers.ts";
import { createTotals } from "./totals.ts";

/** All that is read of a block lies in its first page. */
const BLOCK_LEN = 65_536;

test("createTotals() has the lanes' load of the last moments, not of their life", () => {
  const pages = 3;
  const views = viewMemory(
    new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }),
  );
  let now = 0;
  const readTotals = createTotals({
    ike: () => createIkePeers({ date: () => new Date() }).totals(),
    logLinesLost: () => 0,
    views,
    blocks: [0, BLOCK_LEN, 2 * BLOCK_LEN],
    lanes: 2,
    states: () => [],
    sas: () => ({ inbound: 0, outbound: 0 }),
    clock: () => now,
  });
  const ratios = (at: number, busyMs: readonly [number, number]): readonly number[] => {
    now = at;
    busyMs.forEach((ms, lane) => void (views.f64[(lane * BLOCK_LEN + LANE_BUSY_MS) / 8] = ms));
    return readTotals().laneBusyRatio;
  };
  deepEqual(ratios(0, [0, 0]), [0, 0]);
  deepEqual(ratios(10_000, [5000, 0]), [0.5, 0]);
  // Since the start, as the reading at 10 s was the first mark.
  deepEqual(ratios(10_500, [5500, 0]), [5500 / 10_500, 0]);
  // Since 10 s, where the last mark is.
  deepEqual(ratios(12_000, [7000, 500]), [1, 0.25]);
  deepEqual(ratios(14_000, [7000, 1500]), [0, 0.5]);
  // A clock that is read a little late makes no load above 1.
  deepEqual(ratios(16_000, [9500, 1500]), [1, 0]);
});
