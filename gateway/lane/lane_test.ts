import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { DELAY_BUCKETS, LANE_IKE_DELAY } from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import { type LaneRig, startLaneRig } from "../../tests/support/lane/rig.ts";
import { edge, openEnd, tcpEnd } from "../../tests/fakes/kernel/descriptors.ts";
import { refuse } from "../../tests/fakes/kernel/calls.ts";
import { arrive, makeRoom, sendFin, sendReset } from "../../tests/fakes/kernel/kernel.ts";
import { counted, foreignEsp, frame, ike, upstreamOf } from "../../tests/support/lane/traffic.ts";
import { AF_INET6, EACCES, EIO, EMFILE, ENOBUFS, EPOLLIN } from "../linux/constants.ts";
import { COMMAND_ADOPT, ORDER_COLLECT } from "./commands.ts";
import { hasListed } from "./lane.ts";
import { waitMs } from "./loop.ts";
import { STREAM_PREFIX } from "./stream_prefix.ts";

test("T11: a lane accepts the prefix one octet at a time, and IKE behind it", async () => {
  const rig = await startLaneRig();
  const peer = rig.connect();
  rig.settle();
  for (const octet of [...STREAM_PREFIX, ...frame(ike(1))]) {
    arrive(peer, new Uint8Array([octet]));
    rig.settle();
  }
  deepEqual(upstreamOf(rig).sent.map((message) => [...message]), [ike(1)]);
  deepEqual(peer.sent, []);
});

test("T15: a lane closes at the first octet that is not the prefix, and sends nothing", async () => {
  const rig = await startLaneRig();
  const peer = rig.connect();
  arrive(peer, new TextEncoder().encode("IKETCQ"));
  rig.settle();
  ok(peer.isClosed);
  deepEqual(peer.sent, []);
  equal(counted(rig, Status.PrefixMismatch), 1);
});

test("T16: keepalives do not stop the prefix timer", async () => {
  const rig = await startLaneRig();
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  for (let i = 0; i < 49; i++) {
    rig.advance(100);
    arrive(peer, frame([0xff]));
    rig.settle();
  }
  ok(!peer.isClosed);
  rig.advance(200);
  rig.settle();
  rig.settle();
  ok(peer.isClosed);
  equal(counted(rig, Status.PrefixTimeout), 1);
});

test("L34: a blocked upstream socket stops the reading, and nothing of IKE is lost", async () => {
  const rig = await startLaneRig();
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(0)));
  rig.settle();
  const upstream = upstreamOf(rig);
  upstream.space = 3;
  for (let id = 1; id <= 200; id++) arrive(peer, frame(ike(id)));
  rig.settle();
  equal(upstream.sent.length, 4);
  const reads = rig.kernel.calls.get("readv");
  arrive(peer, frame(ike(201)));
  rig.settle();
  equal(rig.kernel.calls.get("readv"), reads);
  makeRoom(upstream, Infinity);
  rig.settle();
  deepEqual(upstream.sent.map((message) => message[31]), Array.from({ length: 202 }, (_, i) => i));
});

test("a frame that stays incomplete ends its connection, one that trickles on time does not", async () => {
  const rig = await startLaneRig();
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(1)));
  arrive(peer, frame(ike(2)).subarray(0, 10));
  rig.settle();
  rig.advance(29_999);
  rig.settle();
  ok(!peer.isClosed);
  arrive(peer, frame(ike(2)).subarray(10));
  arrive(peer, frame(ike(3)).subarray(0, 1));
  rig.settle();
  rig.advance(29_999);
  rig.settle();
  ok(!peer.isClosed);
  rig.advance(1);
  rig.settle();
  rig.settle();
  ok(peer.isClosed);
  equal(counted(rig, Status.FrameTimeout), 1);
});

test("T49: what came before FIN is handled, what is queued leaves, then it closes", async () => {
  const rig = await startLaneRig();
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(1)));
  rig.settle();
  const upstream = upstreamOf(rig);
  peer.space = 5;
  upstream.unread.push(new Uint8Array(ike(9)));
  edge(upstream, EPOLLIN);
  rig.settle();
  arrive(peer, frame(ike(2)));
  sendFin(peer);
  rig.settle();
  equal(upstream.sent.length, 2);
  ok(!peer.isClosed);
  makeRoom(peer, Infinity);
  rig.settle();
  ok(peer.isClosed);
  deepEqual(peer.sent, [...frame(ike(9))]);
  equal(counted(rig, Status.PeerClosed), 1);
});

test("a connection of ours closes at the peer's FIN, whatever waits: the next one is opened then", async () => {
  const rig = await startLaneRig();
  const peer = tcpEnd();
  const fd = openEnd(rig.kernel, peer);
  const [loopback, port] = [1 << 24, 0x9411];
  rig.command([COMMAND_ADOPT, fd, AF_INET6 | port << 16, 0, 0, 0, loopback]);
  arrive(peer, frame(ike(1)));
  rig.settle();
  const upstream = upstreamOf(rig);
  peer.space = 5;
  upstream.unread.push(new Uint8Array(ike(9)));
  edge(upstream, EPOLLIN);
  rig.settle();
  arrive(peer, frame(ike(2)));
  sendFin(peer);
  rig.settle();
  equal(upstream.sent.length, 2, "what came before is handled");
  ok(peer.isClosed);
  equal(counted(rig, Status.PeerClosed), 1);
});

test("a descriptor used again never gets octets of its last connection", async () => {
  const rig = await startLaneRig();
  const first = rig.connect();
  arrive(first, STREAM_PREFIX);
  arrive(first, frame(ike(1)));
  rig.settle();
  first.space = 3;
  const upstream = upstreamOf(rig);
  upstream.unread.push(new Uint8Array(ike(9)));
  edge(upstream, EPOLLIN);
  rig.settle();
  equal(first.sent.length, 3);
  sendReset(first);
  const second = rig.connect();
  rig.settle();
  rig.settle();
  ok(first.isClosed);
  arrive(second, STREAM_PREFIX);
  arrive(second, frame(ike(2)));
  rig.settle();
  deepEqual(second.sent, []);
  equal(counted(rig, Status.PeerReset), 1);
});

test("accept backs off when descriptors run out, and comes back", async () => {
  const rig = await startLaneRig();
  rig.listener.failures.push(EMFILE);
  const peer = rig.connect();
  rig.settle();
  const accepts = rig.kernel.calls.get("accept4");
  // The listener is ready all the while: settle() would see a lane that it wakes.
  for (let i = 0; i < 9; i++) {
    equal(waitMs(rig.lane), 100 - 10 * i);
    rig.advance(10);
    rig.settle();
  }
  equal(rig.kernel.calls.get("accept4"), accepts);
  rig.advance(10);
  rig.settle();
  equal(waitMs(rig.lane), 5000, "the pause is over for good");
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(1)));
  rig.settle();
  equal(upstreamOf(rig).sent.length, 1);
});

test("past the limit of connections a lane accepts and closes, and counts it", async () => {
  const rig = await startLaneRig();
  const peers = Array.from({ length: 10 }, (_, i) => rig.connect([192, 0, 2, i]));
  rig.settle();
  equal(peers.filter((peer) => peer.isClosed).length, 2);
  equal(counted(rig, Status.RefusedTotal), 2);
});

test("past the limit of one source a lane accepts and closes, and counts it", async () => {
  const rig = await startLaneRig();
  const peers = Array.from({ length: 6 }, () => rig.connect());
  rig.settle();
  equal(peers.filter((peer) => peer.isClosed).length, 2);
  equal(counted(rig, Status.RefusedSource), 2);
});

test("refused ESP is counted once each, and the message behind it leaves", async () => {
  const rig = await startLaneRig();
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(1)));
  rig.settle();
  const upstream = upstreamOf(rig);
  refuse(upstream, new Uint8Array(foreignEsp(100, 8)), new Uint8Array(foreignEsp(100, 9)));
  arrive(peer, frame(ike(2)));
  rig.settle();
  deepEqual(upstream.sent.map((message) => message[31]), [1, 2]);
  equal(counted(rig, Status.UpstreamRefused), 2);
  deepEqual(rig.notices, [{ kind: "upstream", refusal: "ECONNREFUSED" }]);
  ok(!peer.isClosed);
});

test("a run that is refused counts its datagrams, not its call", async () => {
  const rig = await startLaneRig();
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(1)));
  rig.settle();
  const upstream = upstreamOf(rig);
  upstream.failures.push(EACCES);
  for (let id = 0; id < 7; id++) arrive(peer, frame(foreignEsp(100, id)));
  rig.settle();
  equal(counted(rig, Status.UpstreamRefused), 7);
  equal(upstream.sent.length, 1);
});

test("a send without a buffer is tried again after a pause: no edge tells of it", async () => {
  const rig = await startLaneRig();
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(1)));
  rig.settle();
  const upstream = upstreamOf(rig);
  upstream.failures.push(ENOBUFS);
  arrive(peer, frame(ike(2)));
  rig.settle();
  equal(upstream.sent.length, 1);
  equal(waitMs(rig.lane), 5);
  rig.advance(5);
  rig.settle();
  deepEqual(upstream.sent.map((message) => message[31]), [1, 2]);
});

test("the delay of an IKE message is observed once, when it has left", async () => {
  const rig = await startLaneRig();
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(0)));
  rig.settle();
  const upstream = upstreamOf(rig);
  upstream.space = 3;
  for (let id = 1; id <= 9; id++) arrive(peer, frame(ike(id)));
  rig.settle();
  equal(delays(rig), 4);
  makeRoom(upstream, Infinity);
  rig.settle();
  equal(delays(rig), 10);
});

/** IKE delays observed. */
function delays({ lane: { tables } }: LaneRig): number {
  let sum = 0;
  for (let i = 0; i <= DELAY_BUCKETS.length; i++) {
    sum += tables.u32[(tables.block + LANE_IKE_DELAY + 8 * i) >>> 2] ?? 0;
  }
  return sum;
}

test("a lane without work sleeps: an idle connection costs no turn", async () => {
  const rig = await startLaneRig();
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(1)));
  rig.settle();
  rig.settle();
  ok(!hasListed(rig.lane));
  equal(rig.lane.starved.length, 0);
});

test("a lane collects its garbage once for each order, and sleeps on", async () => {
  const rig = await startLaneRig();
  rig.settle();
  equal(rig.collections(), 0);
  for (const count of [1, 2]) {
    rig.order(ORDER_COLLECT);
    rig.settle();
    equal(rig.collections(), count);
  }
  equal(waitMs(rig.lane), -1);
});

test("an IKE message waits for one budget, however many connections flood the lane", async () => {
  const rig = await startLaneRig();
  const floods = [1, 2, 3].map(() => rig.connect());
  const quiet = rig.connect();
  for (const peer of [...floods, quiet]) {
    arrive(peer, STREAM_PREFIX);
    arrive(peer, frame(ike(0)));
  }
  rig.settle();
  const relayed = frame(foreignEsp(64, 1));
  const flood = new Uint8Array(FLOOD_FRAMES * relayed.length);
  for (let i = 0; i < FLOOD_FRAMES; i++) flood.set(relayed, i * relayed.length);
  for (const peer of floods) arrive(peer, flood);
  rig.step();
  const before = relayedBy(rig, 1);
  arrive(quiet, frame(ike(9)));
  rig.step();
  const handled = relayedBy(rig, 1) - before;
  equal(relayedBy(rig, 9), 1);
  ok(handled > 0 && handled < FLOOD_FRAMES, `${handled} frames beside it`);
  rig.settle();
  equal(relayedBy(rig, 1), floods.length * FLOOD_FRAMES);
});

/** Datagrams that have left for the daemon with `id` as their last octet. */
function relayedBy(rig: LaneRig, id: number): number {
  const ends = [...rig.kernel.ends.values()];
  return ends.flatMap((end) => end.kind === "udp" ? end.sent : [])
    .filter((message) => message.at(-1) === id).length;
}

/** Many budgets of one connection. */
const FLOOD_FRAMES = 600;

test("neighbours of one length leave in one call, and IKE by itself", async () => {
  for (const runFailure of [0, EIO]) {
    const rig = await startLaneRig();
    const peer = rig.connect();
    arrive(peer, STREAM_PREFIX);
    arrive(peer, frame(ike(0)));
    rig.settle();
    const upstream = upstreamOf(rig);
    upstream.runFailure = runFailure;
    const messages = [
      ...Array.from({ length: 20 }, (_, i) => foreignEsp(100, i)),
      foreignEsp(60, 20),
      ike(21),
      foreignEsp(100, 22),
      foreignEsp(101, 23),
    ];
    for (const message of messages) arrive(peer, frame(message));
    rig.settle();
    deepEqual(upstream.sent.map((message) => [...message]), [ike(0), ...messages]);
    equal(counted(rig, Status.UpstreamRefused), 0);
  }
});

test("what a socket has waiting is read in order, and makes room for itself", async () => {
  const rig = await startLaneRig();
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(0)));
  rig.settle();
  const upstream = upstreamOf(rig);
  const datagrams = Array.from({ length: 100 }, (_, i) => foreignEsp(1400, i));
  upstream.unread.push(...datagrams.map((datagram) => new Uint8Array(datagram)));
  upstream.overflow = 3;
  edge(upstream, EPOLLIN);
  rig.settle();
  deepEqual(peer.sent, datagrams.flatMap((datagram) => [...frame(datagram)]));
  equal(counted(rig, Status.TxRingFull), 0);
  equal(counted(rig, Status.UpstreamOverflow), 3);
});
