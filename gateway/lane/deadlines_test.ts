// A lane keeps one deadline for each connection that exists. Peers that come and go, or that keep a
// lane waiting, leave nothing behind.

import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import type { TcpEnd } from "../../tests/fakes/kernel/descriptors.ts";
import { arrive, sendReset } from "../../tests/fakes/kernel/kernel.ts";
import { type LaneRig, startLaneRig } from "../../tests/support/lane/rig.ts";
import { counted, frame, ike } from "../../tests/support/lane/traffic.ts";
import { Status } from "../../ts-bindings/status.ts";
import { STREAM_PREFIX } from "./stream_prefix.ts";

const HOUR_MS = 3_600_000;
const HALF = frame(ike(2)).length / 2;

test("connections that have ended leave no deadline behind", async () => {
  const rig = await startLaneRig({ idleTimeoutMs: HOUR_MS });
  for (let i = 0; i < 50; i++) {
    const peers = [1, 2, 3, 4].map(() => openPeer(rig));
    rig.advance(5001);
    rig.settle();
    for (const peer of peers) sendReset(peer);
    rig.settle();
    ok(peers.every((peer) => peer.isClosed));
  }
  equal(deadlines(rig), 0);
});

test("a connection whose deadlines come and go has one of them", async () => {
  const rig = await startLaneRig({ idleTimeoutMs: HOUR_MS });
  const peer = openPeer(rig);
  for (let i = 0; i < 50; i++) {
    arrive(peer, frame(ike(2)).subarray(0, HALF));
    rig.settle();
    rig.advance(1000);
    arrive(peer, frame(ike(2)).subarray(HALF));
    rig.settle();
    rig.advance(30_000);
    rig.settle();
  }
  ok(!peer.isClosed);
  equal(deadlines(rig), 1);
});

test("a row's next connection has the whole of its time", async () => {
  const rig = await startLaneRig();
  const first = openPeer(rig);
  sendReset(first);
  rig.settle();
  rig.advance(4999);
  const second = rig.connect();
  rig.settle();
  equal(rig.lane.live.size, 1);
  rig.advance(4999);
  rig.settle();
  ok(!second.isClosed);
  rig.advance(1);
  rig.settle();
  ok(second.isClosed);
  equal(counted(rig, Status.PrefixTimeout), 1);
});

/** A peer in use. */
function openPeer(rig: LaneRig): TcpEnd {
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(1)));
  rig.settle();
  return peer;
}

/** Takes all deadlines out of the lane; how many there were. */
function deadlines({ lane: { timers } }: LaneRig): number {
  let count = 0;
  while (timers.nextDue(Infinity) !== -1) count++;
  return count;
}
