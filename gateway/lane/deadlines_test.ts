// Deadlines are kept for those connections that there are, one each: peers that come and go, or that keep a lane waiting, leave nothing behind.

import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import type { TcpEnd } from "../../tests/fakes/kernel/descriptors.ts";
import { arrive, sendReset } from "../../tests/fakes/kernel/kernel.ts";
import { type FakeLane, startFakeLane } from "../../tests/support/lane/test_lane.ts";
import { counted, frame, ike } from "../../tests/support/lane/traffic.ts";
import { Status } from "../../ts-bindings/status.ts";
import { STREAM_PREFIX } from "./stream_prefix.ts";

const HOUR_MS = 3_600_000;
const HALF = frame(ike(2)).length / 2;

test("connections that have ended leave no deadline behind", async () => {
  const fake = await startFakeLane({ idleTimeoutMs: HOUR_MS });
  for (let i = 0; i < 50; i++) {
    const peers = [1, 2, 3, 4].map(() => openPeer(fake));
    fake.advance(5001);
    fake.settle();
    for (const peer of peers) sendReset(peer);
    fake.settle();
    ok(peers.every((peer) => peer.isClosed));
  }
  equal(deadlines(fake), 0);
});

test("a connection whose deadlines come and go has one of them", async () => {
  const fake = await startFakeLane({ idleTimeoutMs: HOUR_MS });
  const peer = openPeer(fake);
  for (let i = 0; i < 50; i++) {
    arrive(peer, frame(ike(2)).subarray(0, HALF));
    fake.settle();
    fake.advance(1000);
    arrive(peer, frame(ike(2)).subarray(HALF));
    fake.settle();
    fake.advance(30_000);
    fake.settle();
  }
  ok(!peer.isClosed);
  equal(deadlines(fake), 1);
});

test("a row's next connection has the whole of its time", async () => {
  const fake = await startFakeLane();
  const first = openPeer(fake);
  sendReset(first);
  fake.settle();
  fake.advance(4999);
  const second = fake.connect();
  fake.settle();
  equal(fake.lane.live.size, 1);
  fake.advance(4999);
  fake.settle();
  ok(!second.isClosed);
  fake.advance(1);
  fake.settle();
  ok(second.isClosed);
  equal(counted(fake, Status.PrefixTimeout), 1);
});

/** A peer in use. */
function openPeer(fake: FakeLane): TcpEnd {
  const peer = fake.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(1)));
  fake.settle();
  return peer;
}

/** Takes all deadlines out of the lane; how many there were. */
function deadlines({ lane: { timers } }: FakeLane): number {
  let count = 0;
  while (timers.nextDue(Infinity) !== -1) count++;
  return count;
}
