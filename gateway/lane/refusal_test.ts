import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { type LaneRig, startLaneRig, startLaneRigs } from "../../tests/support/lane/rig.ts";
import { EMFILE } from "../linux/constants.ts";
import { ORDER_DRAIN } from "./commands.ts";

/** Refusals that the shell was told of: peer without its port, status, suppressed. */
function refusedBy({ notices }: LaneRig): [string, string, number][] {
  return notices.flatMap((notice) =>
    notice.kind === "refused"
      ? [[notice.remote.replace(/:\d+$/, ""), notice.status, notice.suppressed]]
      : []
  );
}

test("a lane tells of each source that it turns away, once in ten seconds with the number", async () => {
  const rig = await startLaneRig();
  // Four of one source are taken.
  for (let i = 0; i < 10; i++) rig.connect([192, 0, 2, 1]);
  rig.settle();
  deepEqual(refusedBy(rig), [["192.0.2.1", "refused_source", 0]]);
  for (let i = 0; i < 5; i++) rig.connect([192, 0, 2, 2]);
  rig.settle();
  // All eight places are taken now.
  deepEqual(refusedBy(rig).slice(1), [["192.0.2.2", "refused_total", 0]]);
  // None of them gives way.
  for (const { row } of rig.lane.live) rig.lane.core.conn_trust(0, row, rig.lane.now);
  for (let i = 0; i < 7; i++) rig.connect([192, 0, 2, 2]);
  rig.settle();
  rig.advance(10_000);
  rig.connect([192, 0, 2, 2]);
  rig.settle();
  deepEqual(refusedBy(rig).slice(2), [["192.0.2.2", "refused_total", 7]]);
});

test("a lane tells of the others together when there are too many sources", async () => {
  const [rig] = await startLaneRigs({ limits: { connections: 1 } });
  if (rig === undefined) throw new Error("There is no lane");
  for (let i = 0; i < 1001; i++) rig.connect([198, 51, i >> 8, i & 0xff]);
  rig.settle();
  equal(refusedBy(rig).length, 64 + 1);
  equal(rig.lane.refusals.size, 65);
  rig.advance(10_000);
  for (let i = 0; i < 70; i++) rig.connect([203, 0, 113, i]);
  rig.settle();
  equal(refusedBy(rig).length, 2 * 65);
  equal(rig.lane.refusals.size, 65);
});

test("a lane tells of what it turns away in a drain, and of a shortage of descriptors", async () => {
  const rig = await startLaneRig();
  rig.listener.failures.push(EMFILE);
  rig.settle();
  rig.advance(100);
  rig.settle();
  deepEqual(rig.notices, [
    { kind: "trouble", trouble: "accept_failed", reason: "EMFILE", suppressed: 0 },
  ]);
  rig.order(ORDER_DRAIN);
  rig.settle();
  rig.connect([192, 0, 2, 9]);
  rig.settle();
  deepEqual(refusedBy(rig), [["192.0.2.9", "refused_draining", 0]]);
});
