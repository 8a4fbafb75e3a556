// A peer that sends without end what leads nowhere gets its turn, and no more (rule L35).

import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import type { TcpEnd } from "../../tests/fakes/kernel/descriptors.ts";
import { arrive, startFlood } from "../../tests/fakes/kernel/kernel.ts";
import { type LaneRig, startLaneRig } from "../../tests/support/lane/rig.ts";
import { counted, frame, ike, upstreamOf } from "../../tests/support/lane/traffic.ts";
import { COMMAND_COUNT, SCAN_MAX } from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import { endsAt } from "../edges/ends.ts";
import { COMMAND_KICK, ORDER_DRAIN, ORDER_STOP } from "./commands.ts";
import { rowGeneration, rowPartialAt } from "./row.ts";
import { STREAM_PREFIX } from "./stream_prefix.ts";

const FLOODS = {
  "empty frames": frame([]),
  "keepalives": frame([0xff]),
  "IKE too long for a datagram": frame(Array.from({ length: 65_520 }, () => 0)),
};

/** More turns than a flood is heard for after its deadline. */
const HEARING_TURNS_MAX = 100;

for (const [what, octets] of Object.entries(FLOODS)) {
  test(`${what} without end leave the other connections and all orders their turn`, async () => {
    const rig = await startLaneRig();
    const flooding = startFlooding(rig, octets);
    const calm = rig.connect();
    rig.step();
    arrive(calm, STREAM_PREFIX);
    arrive(calm, frame(ike(1)));
    rig.step();
    deepEqual(upstreamOf(rig).sent.map((message) => [...message]), [ike(1)]);
    rig.advance(5000);
    for (let turns = 0; turns < HEARING_TURNS_MAX; turns++) {
      rig.advance(1);
      rig.step();
    }
    ok(flooding.isClosed);
    equal(counted(rig, Status.PrefixTimeout), 1);
  });
}

test("IKE without an upstream, without end, is dropped turn by turn", async () => {
  const rig = await startLaneRig(endsAt(null));
  const flooding = startFlooding(rig, frame(ike(1)));
  rig.step();
  const first = counted(rig, Status.NoUpstream);
  rig.step();
  const second = counted(rig, Status.NoUpstream);
  ok(first > 0 && second > first, `${first}, then ${second}`);
  // Two budgets a turn: one of the connections with news, one of the busy ones.
  ok(second <= 2 * 2 * 2 * SCAN_MAX, `${second} in two turns`);
  rig.command([COMMAND_KICK, 1, rowGeneration(rig.lane.tables, 1)]);
  rig.step();
  ok(flooding.isClosed);
});

test("a drain and the stop are heard in a flood", async () => {
  const rig = await startLaneRig();
  const flooding = startFlooding(rig, frame([]));
  rig.step();
  rig.order(ORDER_DRAIN);
  rig.step();
  ok(flooding.isClosed);
  rig.order(ORDER_STOP);
  rig.step();
  ok(rig.lane.isStopping);
});

test("a drain and the stop are heard behind a ring of commands that is full", async () => {
  const rig = await startLaneRig();
  const peer = rig.connect();
  rig.settle();
  for (let i = 0; i < COMMAND_COUNT; i++) ok(rig.command([COMMAND_KICK, 8, 0]));
  ok(!rig.command([COMMAND_KICK, 8, 0]));
  rig.order(ORDER_DRAIN);
  rig.order(ORDER_STOP);
  rig.step();
  ok(peer.isClosed && rig.lane.isStopping);
});

test("reads that bring no whole frame end with the turn", async () => {
  const rig = await startLaneRig();
  const flooding = startFlooding(rig, frame(ike(1)));
  rig.kernel.readMax = 1;
  flooding.hasFin = true;
  const before = rig.kernel.calls.get("readv") ?? 0;
  rig.step();
  const reads = (rig.kernel.calls.get("readv") ?? 0) - before;
  ok(reads <= 2 * 8, `${reads} reads in one turn`);
});

test("a frame whose rest came has no part in the clock of the next one", async () => {
  const rig = await startLaneRig(endsAt(null));
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(1)).subarray(0, 10));
  rig.settle();
  rig.advance(4000);
  arrive(peer, frame(ike(1)).subarray(10));
  arrive(peer, frame(ike(2)).subarray(0, 10));
  rig.settle();
  equal(rowPartialAt(rig.lane.tables, 1), rig.lane.now);
});

/** A peer that has sent the prefix, and now sends `octets` again and again. */
function startFlooding(rig: LaneRig, octets: Uint8Array): TcpEnd {
  const flooding = rig.connect();
  arrive(flooding, STREAM_PREFIX);
  rig.settle();
  startFlood(flooding, octets);
  return flooding;
}
