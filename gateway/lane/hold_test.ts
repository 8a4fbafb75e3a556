import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { edge, type TcpEnd, type UdpEnd } from "../../tests/fakes/kernel/descriptors.ts";
import { refuse } from "../../tests/fakes/kernel/calls.ts";
import { arrive, makeRoom, sendReset } from "../../tests/fakes/kernel/kernel.ts";
import { type LaneRig, startLaneRig } from "../../tests/support/lane/rig.ts";
import { counted, foreignEsp, frame, ike, upstreamOf } from "../../tests/support/lane/traffic.ts";
import { Status } from "../../ts-bindings/status.ts";
import {
  EACCES,
  EADDRNOTAVAIL,
  EAGAIN,
  EHOSTUNREACH,
  EINVAL,
  EMSGSIZE,
  ENETUNREACH,
  ENOBUFS,
  ENOMEM,
  EPERM,
  EPOLLIN,
} from "../linux/constants.ts";
import { hasListed } from "./lane.ts";
import { waitMs } from "./loop.ts";
import { STREAM_PREFIX } from "./stream_prefix.ts";
import { isRefusal } from "./plain.ts";

/** As in the rig's settings. */
const FRAME_TIMEOUT_MS = 30_000;

const REFUSALS = [
  EACCES,
  EADDRNOTAVAIL,
  EHOSTUNREACH,
  EINVAL,
  EMSGSIZE,
  ENETUNREACH,
  ENOBUFS,
  ENOMEM,
  EPERM,
];

test("L34: IKE that the host does not take waits, and leaves in order when it does", async () => {
  for (const errno of REFUSALS) {
    const { rig, peer, upstream } = await startUsed();
    // What may mean that the call is refused is tried by the plain call, too.
    const calls = isRefusal(errno) ? 2 : 1;
    upstream.failures.push(...Array.from({ length: 3 * calls }, () => errno));
    for (let id = 1; id <= 3; id++) arrive(peer, frame(ike(id)));
    rig.settle();
    const reads = rig.kernel.calls.get("readv");
    arrive(peer, frame(ike(4)));
    for (const pause of [5, 10, 20]) {
      equal(sentIds(upstream).length, 1);
      equal(rig.kernel.calls.get("readv"), reads, "it is not read");
      equal(waitMs(rig.lane), pause);
      rig.advance(pause);
      rig.settle();
    }
    deepEqual(sentIds(upstream), [0, 1, 2, 3, 4]);
    equal(counted(rig, Status.UpstreamRefused), 0);
    ok(!peer.isClosed && !hasListed(rig.lane));
  }
});

test("pauses grow to a second, and the connection ends when the time is over", async () => {
  const { rig, peer, upstream } = await startUsed();
  const startedAt = rig.lane.now;
  upstream.failures.push(...Array.from({ length: 100 }, () => EPERM));
  arrive(peer, frame(ike(1)));
  rig.settle();
  for (let waited = 0; waited < FRAME_TIMEOUT_MS;) {
    ok(!peer.isClosed);
    const pause = waitMs(rig.lane);
    ok(pause > 0 && pause <= 1000, String(pause));
    rig.advance(pause);
    rig.settle();
    waited = rig.lane.now - startedAt;
  }
  ok(peer.isClosed);
  equal(counted(rig, Status.IkeUndelivered), 1);
  ok((rig.kernel.calls.get("sendmmsg") ?? 0) < 50);
  equal(waitMs(rig.lane), -1, "nothing is tried any more");
});

test("a full socket has as long, and its room is used at once", async () => {
  const { rig, peer, upstream } = await startUsed();
  upstream.space = 0;
  arrive(peer, frame(ike(1)));
  rig.settle();
  rig.advance(20_000);
  rig.settle();
  makeRoom(upstream, 1);
  rig.settle();
  arrive(peer, frame(ike(2)));
  rig.settle();
  rig.advance(20_000);
  rig.settle();
  ok(!peer.isClosed, "each message has its own time");
  deepEqual(sentIds(upstream), [0, 1]);
  rig.advance(10_000);
  rig.settle();
  ok(peer.isClosed);
  equal(counted(rig, Status.IkeUndelivered), 1);
});

test("ESP that the socket does not take waits without an end", async () => {
  const { rig, peer, upstream } = await startUsed();
  upstream.space = 0;
  arrive(peer, frame(foreignEsp(100, 1)));
  rig.settle();
  rig.advance(10 * FRAME_TIMEOUT_MS);
  rig.settle();
  ok(!peer.isClosed);
  makeRoom(upstream, 1);
  rig.settle();
  deepEqual(sentIds(upstream), [0, 1]);
});

test("IKE that is refused at once was not sent: it waits, and is sent once", async () => {
  const { rig, peer, upstream } = await startUsed();
  upstream.isRefused = true;
  arrive(peer, frame(ike(1)));
  arrive(peer, frame(ike(2)));
  rig.settle();
  rig.advance(5);
  rig.settle();
  ok(!peer.isClosed);
  deepEqual(sentIds(upstream), [0]);
  upstream.isRefused = false;
  rig.advance(10);
  rig.settle();
  deepEqual(sentIds(upstream), [0, 1, 2]);
  equal(counted(rig, Status.UpstreamRefused), 0);
  rig.advance(FRAME_TIMEOUT_MS);
  rig.settle();
  ok(!peer.isClosed);
});

test("IKE that is refused later is lost: the connection ends, and the daemon is heard meanwhile", async () => {
  const { rig, peer, upstream } = await startUsed();
  arrive(peer, frame(ike(1)));
  rig.settle();
  refuse(upstream, new Uint8Array(ike(1)));
  rig.settle();
  equal(counted(rig, Status.UpstreamRefused), 1);
  arrive(peer, frame(ike(2)));
  upstream.unread.push(new Uint8Array(ike(9)));
  edge(upstream, EPOLLIN);
  rig.settle();
  deepEqual(peer.sent, [...frame(ike(9))]);
  deepEqual(sentIds(upstream), [0, 1], "nothing is sent that will be sent again");
  ok(!peer.isClosed, "its client would come back at once");
  rig.advance(1000);
  rig.settle();
  ok(peer.isClosed);
  equal(counted(rig, Status.IkeUndelivered), 1);
});

test("another message's refusal is not taken for that of the one just sent", async () => {
  const { rig, peer, upstream } = await startUsed();
  arrive(peer, frame(ike(1)));
  rig.settle();
  // It comes between the send and the look.
  rig.kernel.onCall = (name) => {
    if (name === "recvmsg" && upstream.sent.length === 3 && upstream.errors.length === 0) {
      rig.kernel.onCall = () => undefined;
      refuse(upstream, new Uint8Array(ike(1)));
    }
  };
  arrive(peer, frame(ike(2)));
  rig.settle();
  rig.advance(1000);
  rig.settle();
  ok(peer.isClosed);
});

test("a refusal that quotes nothing may have been IKE's", async () => {
  const { rig, peer, upstream } = await startUsed();
  refuse(upstream, new Uint8Array());
  rig.settle();
  rig.advance(1000);
  rig.settle();
  ok(peer.isClosed);
});

test("a connection that is reset while its IKE waits ends at once", async () => {
  const { rig, peer, upstream } = await startUsed();
  upstream.failures.push(EPERM, EPERM);
  arrive(peer, frame(ike(1)));
  rig.settle();
  sendReset(peer);
  rig.settle();
  ok(peer.isClosed);
  equal(counted(rig, Status.PeerReset), 1);
});

test("T16: a first message that waits ends with the prefix timer, for a reason of its own", async () => {
  const rig = await startLaneRig();
  rig.kernel.failures.connect.push(...Array.from({ length: 20 }, () => ENETUNREACH));
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(1)));
  rig.settle();
  rig.advance(4999);
  rig.settle();
  ok(!peer.isClosed);
  rig.advance(1);
  rig.settle();
  ok(peer.isClosed);
  equal(counted(rig, Status.IkeUndelivered), 1);
  equal(counted(rig, Status.PrefixTimeout), 0);
});

test("a connection whose IKE waits holds up no other", async () => {
  const { rig, peer, upstream } = await startUsed();
  upstream.failures.push(...Array.from({ length: 100 }, () => EPERM));
  arrive(peer, frame(ike(1)));
  rig.settle();
  const other = rig.connect([192, 0, 2, 2]);
  arrive(other, STREAM_PREFIX);
  arrive(other, frame(ike(7)));
  rig.settle();
  const last = rig.kernel.sockets.at(-1);
  deepEqual(last?.sent.map((message) => message[31]), [7]);
  equal(upstream.failures.length, 98);
});

test("EAGAIN of connect is no full socket", async () => {
  const rig = await startLaneRig();
  rig.kernel.failures.connect.push(EAGAIN);
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(1)));
  rig.settle();
  equal(waitMs(rig.lane), 5);
  rig.advance(5);
  rig.settle();
  deepEqual(sentIds(upstreamOf(rig)), [1]);
});

interface Used {
  readonly rig: LaneRig;
  readonly peer: TcpEnd;
  readonly upstream: UdpEnd;
}

/** A connection that has passed one message on. */
async function startUsed(): Promise<Used> {
  const rig = await startLaneRig();
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(0)));
  rig.settle();
  return { rig, peer, upstream: upstreamOf(rig) };
}

/** The last octets of what the daemon has got. */
function sentIds({ sent }: UdpEnd): (number | undefined)[] {
  return sent.map((message) => message.at(-1));
}
