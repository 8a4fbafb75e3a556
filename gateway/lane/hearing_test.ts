// No deadline ends a connection whose octets have come in time and were not looked at yet. The lane
// may have been paused, may have more news than one wait tells, or may itself be the reason why it
// does not read. In these tests octets come without an edge where epoll has not told of them yet.

import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { edge, type TcpEnd } from "../../tests/fakes/kernel/descriptors.ts";
import { arrive, startFlood } from "../../tests/fakes/kernel/kernel.ts";
import { type LaneRig, startLaneRig, startLaneRigs } from "../../tests/support/lane/rig.ts";
import { counted, frame, ike, upstreamOf } from "../../tests/support/lane/traffic.ts";
import { EPOLL_MAX } from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import { EMFILE, EPOLLIN } from "../linux/constants.ts";
import { ORDER_DRAIN } from "./commands.ts";
import { STREAM_PREFIX } from "./stream_prefix.ts";

/** The rig's settings. */
const PREFIX_MS = 5000;
const FRAME_MS = 30_000;
const IDLE_MS = 60_000;

const FIRST = new Uint8Array([...STREAM_PREFIX, ...frame(ike(1))]);

test("more first messages than one wait tells of are all in time, however late the lane is", async () => {
  const count = EPOLL_MAX + 44;
  const [rig] = await startLaneRigs({ limits: { connections: count, rings: 4 * count } });
  ok(rig !== undefined);
  const peers = Array.from(
    { length: count },
    (_, i) => rig.connect([10, 0, i >> 8, i & 0xff]),
  );
  rig.settle();
  rig.advance(2 * PREFIX_MS);
  for (const peer of peers) arrive(peer, FIRST);
  rig.step();
  rig.settle();
  deepEqual(peers.filter(({ isClosed }) => isClosed).length, 0);
  equal(counted(rig, Status.PrefixTimeout), 0);
});

test("a first message that waits for a descriptor is in time", async () => {
  const rig = await startLaneRig();
  const peer = rig.connect();
  rig.kernel.failures.socket.push(...Array.from({ length: 10_000 }, () => EMFILE));
  arrive(peer, FIRST);
  rig.step();
  for (let second = 0; second < 12; second++) passSecond(rig);
  ok(!peer.isClosed);
  rig.kernel.failures.socket.length = 0;
  rig.advance(1000);
  rig.settle();
  equal(upstreamOf(rig).sent.length, 1);
});

test("a prefix that waits for a ring is in time", async () => {
  const [rig] = await startLaneRigs({
    limits: { connections: 64, rings: 24 },
    init: { frameTimeoutMs: 100 * FRAME_MS },
  });
  ok(rig !== undefined);
  const holders = Array.from({ length: 12 }, (_, i) => openPeer(rig, [10, 0, i, 1]));
  for (const holder of holders) arrive(holder, frame(ike(2)).subarray(0, 10));
  rig.settle();
  const peer = rig.connect([10, 0, 99, 1]);
  arrive(peer, FIRST);
  for (let second = 0; second < 12; second++) passSecond(rig);
  ok(!peer.isClosed);
  for (const holder of holders) arrive(holder, frame(ike(2)).subarray(10));
  passSecond(rig);
  rig.settle();
  equal(counted(rig, Status.PrefixTimeout), 0);
  equal(relayed(rig), 12 + 12 + 1);
});

test("the rest of a frame that is there unread is in time", async () => {
  const rig = await startLaneRig();
  const peer = openPeer(rig);
  arrive(peer, frame(ike(2)).subarray(0, 10));
  rig.settle();
  rig.advance(2 * FRAME_MS);
  peer.unread.push(...frame(ike(2)).subarray(10));
  rig.settle();
  ok(!peer.isClosed);
  equal(relayed(rig), 2);
});

test("some more of a frame, and not its end, is late", async () => {
  const rig = await startLaneRig();
  const peer = openPeer(rig);
  arrive(peer, frame(ike(2)).subarray(0, 10));
  rig.settle();
  rig.advance(2 * FRAME_MS);
  peer.unread.push(...frame(ike(2)).subarray(10, 20));
  rig.step();
  ok(!peer.isClosed, "it is looked at first");
  for (let i = 0; i < 5; i++) {
    rig.advance(5);
    peer.unread.push(7);
    rig.step();
  }
  ok(peer.isClosed);
  equal(counted(rig, Status.FrameTimeout), 1);
});

test("a frame for which the kernel has room again leaves and is no stall", async () => {
  const rig = await startLaneRig();
  const peer = openPeer(rig);
  peer.space = 5;
  answer(rig);
  rig.settle();
  rig.advance(2 * FRAME_MS);
  peer.space = Infinity;
  rig.settle();
  ok(!peer.isClosed);
  equal(counted(rig, Status.SendStalled), 0);
  deepEqual(peer.sent, [...frame(ike(9))]);
});

test("a frame that leaves on, after the lane has stood still, has all of its time again", async () => {
  const rig = await startLaneRig();
  const peer = openPeer(rig);
  peer.space = 5;
  answer(rig);
  rig.settle();
  rig.advance(2 * FRAME_MS);
  peer.space = 5;
  rig.settle();
  rig.advance(FRAME_MS - 1000);
  rig.settle();
  ok(!peer.isClosed);
  rig.advance(2000);
  rig.settle();
  ok(peer.isClosed);
  equal(counted(rig, Status.SendStalled), 1);
});

test("a datagram of the daemon that is there unread is a word in time", async () => {
  const rig = await startLaneRig({ idleTimeoutMs: IDLE_MS });
  const peer = openPeer(rig);
  rig.advance(2 * IDLE_MS);
  upstreamOf(rig).unread.push(new Uint8Array(ike(9)));
  rig.settle();
  ok(!peer.isClosed);
  rig.advance(IDLE_MS);
  rig.settle();
  ok(peer.isClosed);
  equal(counted(rig, Status.IdleTimeout), 1);
});

test("a flood is heard for a while after its deadline, and no longer", async () => {
  const rig = await startLaneRig();
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  rig.settle();
  startFlood(peer, frame([]));
  rig.advance(PREFIX_MS);
  for (let i = 0; i < 200; i++) {
    rig.advance(1);
    rig.step();
  }
  ok(peer.isClosed);
  equal(counted(rig, Status.PrefixTimeout), 1);
});

test("no ring is taken from a peer whose octets were not looked at", async () => {
  const [rig] = await startLaneRigs({ limits: { connections: 64, rings: 24 } });
  ok(rig !== undefined);
  const holders = Array.from({ length: 12 }, (_, i) => openPeer(rig, [10, 0, i, 1]));
  for (const holder of holders) arrive(holder, frame(ike(2)).subarray(0, 10));
  rig.settle();
  rig.advance(FRAME_MS / 2);
  for (const holder of holders) holder.unread.push(...frame(ike(2)).subarray(10));
  arrive(rig.connect([10, 0, 99, 1]), FIRST);
  rig.step();
  rig.settle();
  equal(holders.filter(({ isClosed }) => isClosed).length, 0);
  equal(relayed(rig), 12 + 12);
});

test("a drain that has stood still has all of its time again", async () => {
  const rig = await startLaneRig({ drainTimeoutMs: 5000 });
  const peer = openPeer(rig);
  peer.space = 5;
  answer(rig);
  rig.settle();
  rig.order(ORDER_DRAIN);
  rig.step();
  rig.advance(60_000);
  rig.step();
  ok(!peer.isClosed);
  for (let ms = 0; ms < 5100; ms += 50) {
    rig.advance(50);
    rig.step();
  }
  ok(peer.isClosed);
});

/** A peer in use. */
function openPeer(rig: LaneRig, address?: readonly number[]): TcpEnd {
  const peer = rig.connect(address);
  arrive(peer, FIRST);
  rig.settle();
  return peer;
}

/** The daemon sends a message to the first peer. */
function answer(rig: LaneRig): void {
  upstreamOf(rig).unread.push(new Uint8Array(ike(9)));
  edge(upstreamOf(rig), EPOLLIN);
}

function passSecond(rig: LaneRig): void {
  for (let i = 0; i < 10; i++) {
    rig.advance(100);
    rig.step();
  }
}

function relayed({ kernel }: LaneRig): number {
  return kernel.sockets.reduce((sum, { sent }) => sum + sent.length, 0);
}
