import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { edge, type TcpEnd, type UdpEnd } from "../../tests/fakes/kernel/descriptors.ts";
import { arrive, sendReset } from "../../tests/fakes/kernel/kernel.ts";
import { type LaneRig, startLaneRig, startLaneRigs } from "../../tests/support/lane/rig.ts";
import { counted, foreignEsp, frame, ike } from "../../tests/support/lane/traffic.ts";
import { Status } from "../../ts-bindings/status.ts";
import { EAGAIN, EMFILE, EPOLLIN } from "../linux/constants.ts";
import { waitMs } from "./loop.ts";
import { parkedMax } from "./parking.ts";
import { STREAM_PREFIX } from "./stream_prefix.ts";

const MINUTE_MS = 60_000;

test("a port stays while the daemon may send to it, and what comes is dropped and counted", async () => {
  const rig = await startLaneRig();
  const gone = leave(rig, [foreignEsp(100, 1)]);
  ok(!gone.isClosed);
  const events = rig.kernel.calls.get("epoll_wait");
  for (let minute = 0; minute < 20; minute++) {
    daemonSends(gone, foreignEsp(100, minute));
    ok(!rig.isAwake(), "it wakes nobody");
    pass(rig, MINUTE_MS);
  }
  ok(!gone.isClosed, "the daemon still sends");
  equal(counted(rig, Status.UpstreamStray), 20);
  for (let minute = 0; minute < 6; minute++) pass(rig, MINUTE_MS);
  ok(gone.isClosed, "it has been silent for five minutes");
  equal(waitMs(rig.lane), -1);
  ok((rig.kernel.calls.get("epoll_wait") ?? 0) - (events ?? 0) < 100 * 30);
});

test("a port to which IKE alone has come stays for two minutes", async () => {
  const rig = await startLaneRig();
  const gone = leave(rig, [ike(1)]);
  pass(rig, MINUTE_MS);
  ok(!gone.isClosed);
  pass(rig, 2 * MINUTE_MS);
  ok(gone.isClosed);
});

test("a port to which nothing has come, or a first answer alone, is not kept", async () => {
  const rig = await startLaneRig();
  ok(leave(rig, []).isClosed);
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(init(8, 0)));
  rig.settle();
  const upstream = lastSocket(rig);
  daemonSends(upstream, init(0x20, 9));
  rig.settle();
  deepEqual(peer.sent, [...frame(init(0x20, 9))]);
  sendReset(peer);
  rig.settle();
  ok(upstream.isClosed);
});

test("the daemon's word to one client is no other client's", async () => {
  const rig = await startLaneRig();
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(init(8, 0)));
  rig.settle();
  const upstream = lastSocket(rig);
  // It was on its way to a port that is another client's now.
  for (const datagram of [foreignEsp(100, 1), ike(1)]) daemonSends(upstream, datagram);
  rig.settle();
  deepEqual(peer.sent, []);
  equal(counted(rig, Status.UpstreamStray), 2);
});

test("as many are parked as there may be connections; then the longest silent goes", async () => {
  const rig = await startLaneRig();
  const max = parkedMax(rig.lane.init.connectionsMax, 1);
  const parked: UdpEnd[] = [];
  for (let i = 0; i < max; i++) {
    parked.push(leave(rig, [foreignEsp(100, i)]));
    pass(rig, 1000);
  }
  pass(rig, 20_000);
  // The first one is heard again, and nobody has looked yet.
  const [first, second] = parked;
  ok(first !== undefined && second !== undefined);
  daemonSends(first, foreignEsp(100, 1));
  const next = leave(rig, [foreignEsp(100, 99)]);
  deepEqual(parked.map(({ isClosed }) => isClosed), parked.map((each) => each === second));
  // Without ESP it is nobody who is known to have a key.
  const stranger = leave(rig, [ike(1)]);
  pass(rig, 20_000);
  leave(rig, [foreignEsp(100, 99)]);
  ok(stranger.isClosed && !next.isClosed);
});

test("a shortage of ports or descriptors ends a parking, and nobody waits", async () => {
  for (const kind of ["connect", "socket"] as const) {
    const rig = await startLaneRig();
    const gone = leave(rig, [foreignEsp(100, 1)]);
    pass(rig, 11_000);
    rig.kernel.failures[kind].push(kind === "connect" ? EAGAIN : EMFILE);
    const peer = rig.connect();
    arrive(peer, STREAM_PREFIX);
    arrive(peer, frame(ike(2)));
    rig.settle();
    ok(gone.isClosed);
    deepEqual(lastSocket(rig).sent.map((message) => message[31]), [2]);
    deepEqual(rig.notices.filter(({ kind }) => kind === "trouble"), []);
  }
});

test("a port in use is given up only to somebody who has waited for a second", async () => {
  const rig = await startLaneRig();
  const gone = leave(rig, [foreignEsp(100, 1)]);
  rig.kernel.failures.connect.push(...Array.from({ length: 9 }, () => EAGAIN));
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(2)));
  rig.settle();
  pass(rig, 900);
  ok(!gone.isClosed);
  pass(rig, 1000);
  ok(gone.isClosed);
  deepEqual(lastSocket(rig).sent.map((message) => message[31]), [2]);
});

test("accepts that find no descriptor end a parking", async () => {
  const rig = await startLaneRig();
  const gone = leave(rig, [foreignEsp(100, 1)]);
  pass(rig, 11_000);
  rig.listener.failures.push(EMFILE);
  rig.connect();
  rig.settle();
  ok(gone.isClosed);
});

test("a lane that has none parked asks the others", async () => {
  const [rig, other] = await startLaneRigs({ limits: { lanes: 2 } });
  ok(rig !== undefined && other !== undefined);
  const gone = leave(other, [foreignEsp(100, 1)]);
  for (let i = 0; i < 11; i++) {
    rig.advance(1000);
    rig.settle();
    other.settle();
  }
  rig.kernel.failures.socket.push(EMFILE);
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(2)));
  rig.settle();
  ok(other.isAwake());
  other.settle();
  ok(gone.isClosed);
  rig.advance(5);
  rig.settle();
  deepEqual(lastSocket(rig).sent.map((message) => message[31]), [2]);
});

/**
 * A client that has passed a message on is sent datagrams by the daemon, and goes. Returns the
 * socket that it had.
 */
function leave(rig: LaneRig, datagrams: readonly number[][]): UdpEnd {
  const peer: TcpEnd = rig.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(0)));
  rig.settle();
  const upstream = lastSocket(rig);
  daemonSends(upstream, ...datagrams);
  rig.settle();
  deepEqual(peer.sent, datagrams.flatMap((datagram) => [...frame(datagram)]));
  sendReset(peer);
  rig.settle();
  ok(peer.isClosed);
  return upstream;
}

function lastSocket(rig: LaneRig): UdpEnd {
  const end = rig.kernel.sockets.at(-1);
  if (end === undefined) throw new Error("There is no upstream socket");
  return end;
}

function daemonSends(upstream: UdpEnd, ...datagrams: readonly number[][]): void {
  upstream.unread.push(...datagrams.map((datagram) => new Uint8Array(datagram)));
  edge(upstream, EPOLLIN);
}

/** Time passes, and the lane wakes when it wants to. */
function pass(rig: LaneRig, ms: number): void {
  for (let left = ms; left > 0;) {
    const wait = waitMs(rig.lane);
    const step = wait > 0 ? Math.min(wait, left) : left;
    rig.advance(step);
    left -= step;
    rig.settle();
  }
}

/** An IKE_SA_INIT with its marker: flags and the last octet of the responder's SPI. */
function init(flags: number, responder: number): number[] {
  const message = [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, responder];
  return [...message, 33, 0x20, 34, flags, 0, 0, 0, 0, 0, 0, 0, 28];
}
