// A lane that can do nothing sleeps, and goes on when it can: `settle` fails if it spins instead.

import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { Status } from "../../ts-bindings/status.ts";
import { callAttention } from "./attention.ts";
import { ORDER_DRAIN } from "./commands.ts";
import { edge, type TcpEnd, type UdpEnd } from "../../tests/fakes/kernel/descriptors.ts";
import { type LaneRig, startLaneRigs } from "../../tests/support/lane/rig.ts";
import { arrive, makeRoom, sendFin } from "../../tests/fakes/kernel/kernel.ts";
import { counted, frame, ike, upstreamOf } from "../../tests/support/lane/traffic.ts";
import { EPOLLIN } from "../linux/constants.ts";
import { waitMs } from "./loop.ts";
import { doesIkeWait } from "./row.ts";
import { STREAM_PREFIX } from "./stream_prefix.ts";
import { flush } from "./transmit.ts";

/** More messages than the reserve takes while the peer reads nothing. */
const MANY = Array.from({ length: 60 }, (_, id) => [...ike(id), ...new Array(8000).fill(id)]);

test("a full reserve stops the reading of upstream, and the lane sleeps until the peer reads", async () => {
  const { rig, peer, upstream } = await startBusy();
  ok(upstream.unread.length > 0, "the reserve took all: there were too few");
  const left = upstream.unread.length;
  makeRoom(peer, 1000);
  rig.settle();
  equal(upstream.unread.length, left, "no message has left whole");
  makeRoom(peer, Infinity);
  rig.settle();
  deepEqual(peer.sent, MANY.flatMap((message) => [...frame(message)]));
});

test("another lane that makes room in the reserve tells the owner", async () => {
  const { rig, other, peer, upstream } = await startBusy();
  const [, connection] = rig.lane.connections;
  ok(connection !== undefined);
  ok(doesIkeWait(rig.lane.tables, 1));
  // No EPOLLOUT edge: the kernel has the room by the time of the other lane's call.
  peer.space = Infinity;
  flush(other.lane, connection);
  ok(rig.isAwake());
  rig.settle();
  equal(upstream.unread.length, 0);
  deepEqual(peer.sent, MANY.flatMap((message) => [...frame(message)]));
});

test("without a free ring a lane asks again after a pause, both ways", async () => {
  const [rig] = await startLaneRigs({ limits: { rings: 1 } });
  ok(rig !== undefined);
  const [first, second] = [openPeer(rig), openPeer(rig)];
  const upstream = upstreamOf(rig);
  // The one ring holds a frame that is not whole.
  arrive(second, frame(ike(1)).subarray(0, 10));
  rig.settle();
  arrive(first, frame(ike(2)));
  send(upstream, ike(3));
  rig.settle();
  equal(waitMs(rig.lane), 5);
  const calls = rig.kernel.calls.get("epoll_wait") ?? 0;
  for (let i = 0; i < 10; i++) {
    rig.advance(0.5);
    rig.settle();
  }
  ok((rig.kernel.calls.get("epoll_wait") ?? 0) - calls < 40);
  deepEqual([upstream.sent.length, first.sent.length], [1, 0]);
  arrive(second, frame(ike(1)).subarray(10));
  rig.settle();
  rig.advance(5);
  rig.settle();
  deepEqual([upstream.sent.length, first.sent], [2, [...frame(ike(3))]]);
});

test("a half-closed connection reads no more of upstream, and sleeps until its queue has left", async () => {
  const { rig, peer, upstream } = await startBusy();
  sendFin(peer);
  rig.settle();
  ok(upstream.unread.length > 0 && !peer.isClosed);
  makeRoom(peer, Infinity);
  rig.settle();
  ok(peer.isClosed);
  equal(counted(rig, Status.PeerClosed), 1);
});

test("a connection that drains does, too", async () => {
  const { rig, peer, upstream } = await startBusy();
  rig.order(ORDER_DRAIN);
  rig.settle();
  ok(upstream.unread.length > 0 && !peer.isClosed);
  makeRoom(peer, Infinity);
  rig.settle();
  ok(peer.isClosed);
  equal(counted(rig, Status.Drained), 1);
});

test("neither a call of another lane nor a drain looks through the whole table", async () => {
  const { rig, other, peer } = await startBusy();
  Object.defineProperty(rig.lane.connections, Symbol.iterator, {
    value: () => {
      throw new Error("The table has a row for each connection of the limit");
    },
  });
  callAttention(other.lane, 0);
  rig.settle();
  rig.order(ORDER_DRAIN);
  makeRoom(peer, Infinity);
  rig.settle();
  ok(peer.isClosed);
  equal(rig.lane.live.size, 0);
});

/** A peer in use. */
function openPeer(rig: LaneRig): TcpEnd {
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(0)));
  rig.settle();
  return peer;
}

function send(upstream: UdpEnd, ...messages: readonly number[][]): void {
  upstream.unread.push(...messages.map((message) => new Uint8Array(message)));
  edge(upstream, EPOLLIN);
}

interface Busy {
  readonly rig: LaneRig;
  /** A lane beside it. */
  readonly other: LaneRig;
  readonly peer: TcpEnd;
  readonly upstream: UdpEnd;
}

/** A peer that reads none of the datagrams that its daemon has for it. */
async function startBusy(): Promise<Busy> {
  const [rig, other] = await startLaneRigs({ limits: { lanes: 2 } });
  ok(rig !== undefined && other !== undefined);
  const peer = openPeer(rig);
  const upstream = upstreamOf(rig);
  peer.space = 0;
  send(upstream, ...MANY);
  rig.settle();
  return { rig, other, peer, upstream };
}
