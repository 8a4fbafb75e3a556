import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { DELAY_BUCKETS, LANE_IKE_DELAY } from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import { type FakeLane, startFakeLane } from "../../tests/support/lane/test_lane.ts";
import { edge, openEnd, tcpEnd } from "../../tests/fakes/kernel/descriptors.ts";
import { arrive, makeRoom, sendFin, sendReset } from "../../tests/fakes/kernel/kernel.ts";
import { counted, foreignEsp, frame, ike, upstreamOf } from "../../tests/support/lane/traffic.ts";
import { AF_INET6, EACCES, EMFILE, ENOBUFS, EPOLLIN } from "../linux/constants.ts";
import { COMMAND_ADOPT } from "./commands.ts";
import { hasListed } from "./lane.ts";
import { waitMs } from "./loop.ts";
import { STREAM_PREFIX } from "./stream_prefix.ts";

test("a lane accepts the prefix one octet at a time, and IKE behind it (T11)", async () => {
  const fake = await startFakeLane();
  const peer = fake.connect();
  fake.settle();
  for (const octet of [...STREAM_PREFIX, ...frame(ike(1))]) {
    arrive(peer, new Uint8Array([octet]));
    fake.settle();
  }
  deepEqual(upstreamOf(fake).sent.map((message) => [...message]), [ike(1)]);
  deepEqual(peer.sent, []);
});

test("a lane closes at the first octet that is not the prefix, and sends nothing (T15)", async () => {
  const fake = await startFakeLane();
  const peer = fake.connect();
  arrive(peer, new TextEncoder().encode("IKETCQ"));
  fake.settle();
  ok(peer.isClosed);
  deepEqual(peer.sent, []);
  equal(counted(fake, Status.PrefixMismatch), 1);
});

test("keepalives do not stop the prefix timer (T16)", async () => {
  const fake = await startFakeLane();
  const peer = fake.connect();
  arrive(peer, STREAM_PREFIX);
  for (let i = 0; i < 49; i++) {
    fake.advance(100);
    arrive(peer, frame([0xff]));
    fake.settle();
  }
  ok(!peer.isClosed);
  fake.advance(200);
  fake.settle();
  fake.settle();
  ok(peer.isClosed);
  equal(counted(fake, Status.PrefixTimeout), 1);
});

test("a blocked upstream socket stops the reading, and nothing of IKE is lost (L34)", async () => {
  const fake = await startFakeLane();
  const peer = fake.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(0)));
  fake.settle();
  const upstream = upstreamOf(fake);
  upstream.space = 3;
  for (let id = 1; id <= 200; id++) arrive(peer, frame(ike(id)));
  fake.settle();
  equal(upstream.sent.length, 4);
  const reads = fake.kernel.calls.get("readv");
  arrive(peer, frame(ike(201)));
  fake.settle();
  equal(fake.kernel.calls.get("readv"), reads);
  makeRoom(upstream, Infinity);
  fake.settle();
  deepEqual(upstream.sent.map((message) => message[31]), Array.from({ length: 202 }, (_, i) => i));
});

test("a frame that stays incomplete ends its connection, one that trickles on time does not", async () => {
  const fake = await startFakeLane();
  const peer = fake.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(1)));
  arrive(peer, frame(ike(2)).subarray(0, 10));
  fake.settle();
  fake.advance(29_999);
  fake.settle();
  ok(!peer.isClosed);
  arrive(peer, frame(ike(2)).subarray(10));
  arrive(peer, frame(ike(3)).subarray(0, 1));
  fake.settle();
  fake.advance(29_999);
  fake.settle();
  ok(!peer.isClosed);
  fake.advance(1);
  fake.settle();
  fake.settle();
  ok(peer.isClosed);
  equal(counted(fake, Status.FrameTimeout), 1);
});

test("what came before FIN is handled, what is queued leaves, then it closes (T49)", async () => {
  const fake = await startFakeLane();
  const peer = fake.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(1)));
  fake.settle();
  const upstream = upstreamOf(fake);
  peer.space = 5;
  upstream.unread.push(new Uint8Array(ike(9)));
  edge(upstream, EPOLLIN);
  fake.settle();
  arrive(peer, frame(ike(2)));
  sendFin(peer);
  fake.settle();
  equal(upstream.sent.length, 2);
  ok(!peer.isClosed);
  makeRoom(peer, Infinity);
  fake.settle();
  ok(peer.isClosed);
  deepEqual(peer.sent, [...frame(ike(9))]);
  equal(counted(fake, Status.PeerClosed), 1);
});

test("a connection of ours closes at the peer's FIN, whatever waits: the next one is opened then", async () => {
  const fake = await startFakeLane();
  const peer = tcpEnd();
  const fd = openEnd(fake.kernel, peer);
  const [loopback, port] = [1 << 24, 0x9411];
  fake.command([COMMAND_ADOPT, fd, AF_INET6 | port << 16, 0, 0, 0, loopback]);
  arrive(peer, frame(ike(1)));
  fake.settle();
  const upstream = upstreamOf(fake);
  peer.space = 5;
  upstream.unread.push(new Uint8Array(ike(9)));
  edge(upstream, EPOLLIN);
  fake.settle();
  arrive(peer, frame(ike(2)));
  sendFin(peer);
  fake.settle();
  equal(upstream.sent.length, 2, "what came before is handled");
  ok(peer.isClosed);
  equal(counted(fake, Status.PeerClosed), 1);
});

test("a descriptor used again never gets octets of its last connection", async () => {
  const fake = await startFakeLane();
  const first = fake.connect();
  arrive(first, STREAM_PREFIX);
  arrive(first, frame(ike(1)));
  fake.settle();
  first.space = 3;
  const upstream = upstreamOf(fake);
  upstream.unread.push(new Uint8Array(ike(9)));
  edge(upstream, EPOLLIN);
  fake.settle();
  equal(first.sent.length, 3);
  sendReset(first);
  const second = fake.connect();
  fake.settle();
  fake.settle();
  ok(first.isClosed);
  arrive(second, STREAM_PREFIX);
  arrive(second, frame(ike(2)));
  fake.settle();
  deepEqual(second.sent, []);
  equal(counted(fake, Status.PeerReset), 1);
});

test("accept backs off when descriptors run out, and comes back", async () => {
  const fake = await startFakeLane();
  fake.listener.failures.push(EMFILE);
  const peer = fake.connect();
  fake.settle();
  const accepts = fake.kernel.calls.get("accept4");
  // The listener is ready all the while: settle() would see a lane that it wakes.
  for (let i = 0; i < 9; i++) {
    equal(waitMs(fake.lane), 100 - 10 * i);
    fake.advance(10);
    fake.settle();
  }
  equal(fake.kernel.calls.get("accept4"), accepts);
  fake.advance(10);
  fake.settle();
  equal(waitMs(fake.lane), 5000, "the pause is over for good");
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(1)));
  fake.settle();
  equal(upstreamOf(fake).sent.length, 1);
});

test("past the limit of connections a lane accepts and closes, and counts it", async () => {
  const fake = await startFakeLane();
  const peers = Array.from({ length: 10 }, (_, i) => fake.connect([192, 0, 2, i]));
  fake.settle();
  equal(peers.filter((peer) => peer.isClosed).length, 2);
  equal(counted(fake, Status.RefusedTotal), 2);
});

test("past the limit of one source a lane accepts and closes, and counts it", async () => {
  const fake = await startFakeLane();
  const peers = Array.from({ length: 6 }, () => fake.connect());
  fake.settle();
  equal(peers.filter((peer) => peer.isClosed).length, 2);
  equal(counted(fake, Status.RefusedSource), 2);
});

test("refused datagrams are counted once each, and the message behind them leaves", async () => {
  const fake = await startFakeLane();
  const peer = fake.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(1)));
  fake.settle();
  const upstream = upstreamOf(fake);
  upstream.refusals = 2;
  arrive(peer, frame(ike(2)));
  fake.settle();
  deepEqual(upstream.sent.map((message) => message[31]), [1, 2]);
  equal(counted(fake, Status.UpstreamRefused), 2);
  const told = { kind: "trouble", trouble: "upstream_refused", reason: "ECONNREFUSED" };
  deepEqual(fake.notices, [{ ...told, suppressed: 0 }]);
  ok(!peer.isClosed);
});

test("a run that is refused counts its datagrams, not its call", async () => {
  const fake = await startFakeLane();
  const peer = fake.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(1)));
  fake.settle();
  const upstream = upstreamOf(fake);
  upstream.failures.push(EACCES);
  for (let id = 0; id < 7; id++) arrive(peer, frame(foreignEsp(100, id)));
  fake.settle();
  equal(counted(fake, Status.UpstreamRefused), 7);
  equal(upstream.sent.length, 1);
});

test("a send without a buffer is tried again after a pause: no edge tells of it", async () => {
  const fake = await startFakeLane();
  const peer = fake.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(1)));
  fake.settle();
  const upstream = upstreamOf(fake);
  upstream.failures.push(ENOBUFS);
  arrive(peer, frame(ike(2)));
  fake.settle();
  equal(upstream.sent.length, 1);
  equal(waitMs(fake.lane), 5);
  fake.advance(5);
  fake.settle();
  deepEqual(upstream.sent.map((message) => message[31]), [1, 2]);
});

test("the delay of an IKE message is observed once, when it has left", async () => {
  const fake = await startFakeLane();
  const peer = fake.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(0)));
  fake.settle();
  const upstream = upstreamOf(fake);
  upstream.space = 3;
  for (let id = 1; id <= 9; id++) arrive(peer, frame(ike(id)));
  fake.settle();
  equal(delays(fake), 4);
  makeRoom(upstream, Infinity);
  fake.settle();
  equal(delays(fake), 10);
});

/** IKE delays observed. */
function delays({ lane: { tables } }: FakeLane): number {
  let sum = 0;
  for (let i = 0; i <= DELAY_BUCKETS.length; i++) {
    sum += tables.u32[(tables.block + LANE_IKE_DELAY + 8 * i) >>> 2] ?? 0;
  }
  return sum;
}

test("a lane without work sleeps: an idle connection costs no turn", async () => {
  const fake = await startFakeLane();
  const peer = fake.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(1)));
  fake.settle();
  fake.settle();
  ok(!hasListed(fake.lane));
  equal(fake.lane.starved.length, 0);
});

test("an IKE message waits for one budget, however many connections flood the lane", async () => {
  const fake = await startFakeLane();
  const floods = [1, 2, 3].map(() => fake.connect());
  const quiet = fake.connect();
  for (const peer of [...floods, quiet]) {
    arrive(peer, STREAM_PREFIX);
    arrive(peer, frame(ike(0)));
  }
  fake.settle();
  const relayed = frame(foreignEsp(64, 1));
  const flood = new Uint8Array(FLOOD_FRAMES * relayed.length);
  for (let i = 0; i < FLOOD_FRAMES; i++) flood.set(relayed, i * relayed.length);
  for (const peer of floods) arrive(peer, flood);
  fake.step();
  const before = relayedBy(fake, 1);
  arrive(quiet, frame(ike(9)));
  fake.step();
  const handled = relayedBy(fake, 1) - before;
  equal(relayedBy(fake, 9), 1);
  ok(handled > 0 && handled < FLOOD_FRAMES, `${handled} frames beside it`);
  fake.settle();
  equal(relayedBy(fake, 1), floods.length * FLOOD_FRAMES);
});

/** Datagrams that have left for the daemon with `id` as their last octet. */
function relayedBy(fake: FakeLane, id: number): number {
  const ends = [...fake.kernel.ends.values()];
  return ends.flatMap((end) => end.kind === "udp" ? end.sent : [])
    .filter((message) => message.at(-1) === id).length;
}

/** Many budgets of one connection. */
const FLOOD_FRAMES = 600;

test("neighbours of one length leave in one call, and IKE by itself", async () => {
  for (const isPlain of [false, true]) {
    const fake = await startFakeLane();
    const peer = fake.connect();
    arrive(peer, STREAM_PREFIX);
    arrive(peer, frame(ike(0)));
    fake.settle();
    const upstream = upstreamOf(fake);
    upstream.isPlain = isPlain;
    const messages = [
      ...Array.from({ length: 20 }, (_, i) => foreignEsp(100, i)),
      foreignEsp(60, 20),
      ike(21),
      foreignEsp(100, 22),
      foreignEsp(101, 23),
    ];
    for (const message of messages) arrive(peer, frame(message));
    fake.settle();
    deepEqual(upstream.sent.map((message) => [...message]), [ike(0), ...messages]);
    equal(counted(fake, Status.UpstreamRefused), 0);
  }
});

test("what a socket has waiting is read in order, and makes room for itself", async () => {
  const fake = await startFakeLane();
  const peer = fake.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(0)));
  fake.settle();
  const upstream = upstreamOf(fake);
  const datagrams = Array.from({ length: 100 }, (_, i) => foreignEsp(1400, i));
  upstream.unread.push(...datagrams.map((datagram) => new Uint8Array(datagram)));
  upstream.overflow = 3;
  edge(upstream, EPOLLIN);
  fake.settle();
  deepEqual(peer.sent, datagrams.flatMap((datagram) => [...frame(datagram)]));
  equal(counted(fake, Status.TxRingFull), 0);
  equal(counted(fake, Status.UpstreamOverflow), 3);
});
