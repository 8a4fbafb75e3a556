// Better calls that a kernel refuses: the plain ones carry the same octets, from the refused call
// on, and the shell is told once of each.

import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { edge, type TcpEnd } from "../../tests/fakes/kernel/descriptors.ts";
import { arrive, makeRoom, sendFin } from "../../tests/fakes/kernel/kernel.ts";
import { type LaneRig, startLaneRig } from "../../tests/support/lane/rig.ts";
import {
  counted,
  foreignEsp,
  frame,
  ike,
  refusedCalls,
  upstreamOf,
} from "../../tests/support/lane/traffic.ts";
import { ROW_LOWAT, ROW_SEGMENT } from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import {
  EINVAL,
  EIO,
  EMSGSIZE,
  ENOPROTOOPT,
  ENOSYS,
  EOPNOTSUPP,
  EPERM,
  EPOLLIN,
  FIOCLEX,
  FIONBIO,
  IPPROTO_UDP,
  SO_RCVBUF,
  SO_RXQ_OVFL,
  SOL_SOCKET,
  UDP_GRO,
} from "../linux/constants.ts";
import { errnoName } from "../linux/errno.ts";
import { setRowSegment } from "./row.ts";
import { STREAM_PREFIX } from "./stream_prefix.ts";

/** What a kernel or a filter says of a call that it does not have. */
const REFUSALS = [ENOSYS, EPERM, EINVAL, EOPNOTSUPP];
const CALLS = ["accept4", "readv", "sendmsg", "sendmmsg", "recvmmsg"] as const;

for (const call of CALLS) {
  test(`a lane goes on without ${call}, loses nothing, and tells it once`, async () => {
    for (const errno of REFUSALS) {
      const rig = await startLaneRig();
      rig.kernel.refused.set(call, errno);
      for (let round = 0; round < 2; round++) exchange(rig, round);
      deepEqual(refusedCalls(rig), [[call, errnoName(errno)]]);
      const tried = rig.kernel.calls.get(call) ?? 0;
      exchange(rig, 2);
      equal(rig.kernel.calls.get(call) ?? 0, tried, "it is not tried again");
    }
  });
}

test("all of them may be refused together", async () => {
  const rig = await startLaneRig();
  for (const call of ["accept4", "readv", "sendmmsg", "recvmmsg"]) {
    rig.kernel.refused.set(call, ENOSYS);
  }
  for (let round = 0; round < 3; round++) exchange(rig, round);
  equal(refusedCalls(rig).length, 4);
});

/** Messages pass both ways on a new connection, and all arrive, in order. */
function exchange(rig: LaneRig, round: number): void {
  const peer = rig.connect([192, 0, 2, 1 + round]);
  arrive(peer, STREAM_PREFIX);
  const messages = [
    ike(0),
    ...Array.from({ length: 10 }, (_, i) => foreignEsp(1000, i)),
    ike(1),
    foreignEsp(99, 11),
  ];
  for (const message of messages) arrive(peer, frame(message));
  rig.settle();
  const upstream = rig.kernel.sockets.at(-1);
  ok(upstream !== undefined);
  deepEqual(upstream.sent.map((message) => [...message]), messages);
  upstream.unread.push(...messages.map((message) => new Uint8Array(message)));
  edge(upstream, EPOLLIN);
  rig.settle();
  deepEqual(peer.sent.length, messages.reduce((sum, { length }) => sum + 2 + length, 0));
  equal(counted(rig, Status.UpstreamRefused), 0);
  sendFin(peer);
  rig.settle();
  // The upstream socket may be parked (docs/design/decisions/0018-parked-ports.md).
  ok(peer.isClosed);
}

test("a connection that was accepted by the older call is non-blocking and closes on exec", async () => {
  const rig = await startLaneRig();
  rig.kernel.refused.set("accept4", ENOSYS);
  rig.connect();
  rig.settle();
  deepEqual(rig.kernel.requests.slice(0, 2), [FIONBIO, FIOCLEX]);
});

test("a ring is read to its end and from its beginning without readv", async () => {
  const rig = await startLaneRig();
  rig.kernel.refused.set("readv", EINVAL);
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  const sent = Array.from({ length: 700 }, (_, i) => foreignEsp(1400, i & 255));
  // More than three laps of the ring, and its end in the middle of a read.
  for (let i = 0; i < sent.length; i += 70) {
    for (const message of sent.slice(i, i + 70)) arrive(peer, frame(message));
    rig.settle();
  }
  const got = upstreamOf(rig).sent;
  deepEqual(
    got.map((message) => [message.length, message.at(-1)]),
    sent.map((m) => [1400, m.at(-1)]),
  );
});

test("without MSG_EOR everything leaves all the same", async () => {
  for (const errno of [EINVAL, EOPNOTSUPP, EPERM]) {
    const { rig, peer } = await startShort();
    rig.kernel.eorFailure = errno;
    const upstream = upstreamOf(rig);
    for (let round = 1; round <= 2; round++) {
      upstream.unread.push(new Uint8Array(foreignEsp(1000, round)));
      edge(upstream, EPOLLIN);
      rig.settle();
      equal(peer.sent.length, round * 1002);
    }
    deepEqual(refusedCalls(rig), [["msg_eor", errnoName(errno)]]);
    ok(!peer.isClosed);
  }
});

/** A connection whose kernel is kept short, so that its octets go in parts with MSG_EOR. */
async function startShort(): Promise<{ rig: LaneRig; peer: TcpEnd }> {
  const rig = await startLaneRig();
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(0)));
  rig.settle();
  const { tables } = rig.lane;
  setRowSegment(tables, 1, 1400);
  const row = rig.core.conn_row(1);
  ok(
    (tables.u32[(row + ROW_LOWAT) >>> 2] ?? 0) > 0 &&
      tables.u32[(row + ROW_SEGMENT) >>> 2] === 1400,
  );
  return { rig, peer };
}

test("a send that is refused as a whole waits for room as any other", async () => {
  const rig = await startLaneRig();
  rig.kernel.refused.set("sendmsg", EPERM);
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(0)));
  rig.settle();
  peer.space = 500;
  const upstream = upstreamOf(rig);
  upstream.unread.push(...[1, 2, 3].map((id) => new Uint8Array(foreignEsp(1000, id))));
  edge(upstream, EPOLLIN);
  rig.settle();
  equal(peer.sent.length, 500);
  makeRoom(peer, 10_000);
  rig.settle();
  equal(peer.sent.length, 3006);
});

const RUN_REFUSALS = [
  { errno: EIO, isKernels: true },
  { errno: EINVAL, isKernels: true },
  { errno: EOPNOTSUPP, isKernels: true },
  // These speak of the path: it is narrow, or a filter there takes a run for one long datagram.
  { errno: EMSGSIZE, isKernels: false },
  { errno: EPERM, isKernels: false },
];

test("a run that is refused leaves as datagrams, and the next connection sends none if the kernel has none", async () => {
  for (const { errno, isKernels } of RUN_REFUSALS) {
    const rig = await startLaneRig();
    ok(relayRun(rig, errno) > 0);
    deepEqual(refusedCalls(rig), isKernels ? [["udp_segment", errnoName(errno)]] : []);
    equal(relayRun(rig, errno) === 0, isKernels);
    equal(counted(rig, Status.UpstreamRefused), 0);
  }
});

test("a lane that may send no runs sends none", async () => {
  const rig = await startLaneRig({ sendsRuns: false });
  equal(relayRun(rig, EIO), 0);
  deepEqual(refusedCalls(rig), []);
});

/** Relays 20 packets of one length. Returns how many calls the kernel has refused as runs. */
function relayRun(rig: LaneRig, errno: number): number {
  const peer = rig.connect([192, 0, 2, 1 + rig.kernel.sockets.length]);
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(0)));
  rig.settle();
  const upstream = rig.kernel.sockets.at(-1);
  ok(upstream !== undefined);
  upstream.runFailure = errno;
  const messages = Array.from({ length: 20 }, (_, i) => foreignEsp(100, i));
  for (const message of messages) arrive(peer, frame(message));
  rig.settle();
  deepEqual(upstream.sent.map((message) => [...message]), [ike(0), ...messages]);
  return upstream.runsRefused;
}

test("options that the upstream socket can do without do not cost it a message", async () => {
  for (const errno of [ENOPROTOOPT, EPERM, ENOSYS]) {
    const rig = await startLaneRig();
    for (const option of [RXQ_OVFL, RCVBUF, GRO]) rig.kernel.refusedOptions.set(option, errno);
    exchange(rig, 0);
    exchange(rig, 1);
    const reason = errnoName(errno);
    deepEqual(refusedCalls(rig), [
      ["so_rxq_ovfl", reason],
      ["udp_gro", reason],
      ["so_rcvbuf", reason],
    ]);
  }
});

test("UDP_GRO is set, unless a lane may take no runs", async () => {
  for (const takesRuns of [true, false]) {
    const rig = await startLaneRig({ takesRuns });
    exchange(rig, 0);
    equal(rig.kernel.options.includes(GRO), takesRuns);
    ok(rig.kernel.options.includes(RCVBUF));
  }
});

test("a socket that can be read by no call is not asked for ever", async () => {
  const rig = await startLaneRig();
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(0)));
  rig.settle();
  const before = rig.kernel.calls.get("recvmsg") ?? 0;
  for (const call of ["recvmmsg", "recvmsg"]) rig.kernel.refused.set(call, EPERM);
  const upstream = upstreamOf(rig);
  upstream.unread.push(new Uint8Array(ike(1)));
  edge(upstream, EPOLLIN);
  rig.settle();
  // One for the datagram, one for the error queue.
  equal(rig.kernel.calls.get("recvmsg"), before + 2);
  ok(!peer.isClosed);
});

const RXQ_OVFL = `${SOL_SOCKET} ${SO_RXQ_OVFL}`;
const RCVBUF = `${SOL_SOCKET} ${SO_RCVBUF}`;
const GRO = `${IPPROTO_UDP} ${UDP_GRO}`;
