import { deepEqual, equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { edge, openEnd, type TunEnd, tunEnd } from "../../tests/fakes/kernel/descriptors.ts";
import { arrive } from "../../tests/fakes/kernel/kernel.ts";
import { sealEsp } from "../../tests/support/esp.ts";
import { frame } from "../../tests/support/frames.ts";
import { type Ends, udpPacket, withId } from "../../tests/support/inner_packet.ts";
import { installPeer } from "../../tests/support/lane/peer.ts";
import { type LaneRig, startLaneRig } from "../../tests/support/lane/rig.ts";
import { counted, refusedCalls } from "../../tests/support/lane/traffic.ts";
import { makePeer } from "../../tests/support/peers.ts";
import { ACK, PSH, tcpPacket as tcpSegment } from "../../tests/support/tcp_packet.ts";
import {
  OFFLOAD_HEADER,
  OFFLOAD_NONE,
  OFFLOAD_TCP,
  OFFLOAD_UDP,
} from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import {
  EINVAL,
  EIO,
  ENOMEM,
  ENOSYS,
  EOPNOTSUPP,
  EPERM,
  EPOLLIN,
  TUNSETOFFLOAD,
} from "../linux/constants.ts";
import { errnoName } from "../linux/errno.ts";
import { STREAM_PREFIX } from "./stream_prefix.ts";

const VNET_LEN = 10;
const ALL = OFFLOAD_HEADER | OFFLOAD_TCP | OFFLOAD_UDP;

/** A lane with a TUN, whose far end is the test's. */
async function startWithTun(offload: number): Promise<{ rig: LaneRig; tun: TunEnd }> {
  const tun = tunEnd();
  const rig = await startLaneRig({ offload }, (kernel) => ({ tun: openEnd(kernel, tun) }));
  rig.settle();
  return { rig, tun };
}

/** TCP over IPv4 with `len` octets of payload. Nobody here asks for its checksums. */
function tcpPacket(len: number): Uint8Array {
  const packet = new Uint8Array(40 + len);
  packet.set([0x45, 0, packet.length >> 8, packet.length & 255, 0, 0, 0x40, 0, 64, 6]);
  packet.set([10, 0, 0, 1, 10, 0, 1, 2], 12);
  packet[32] = 0x50;
  return packet;
}

/** The header for segments of `size` octets. */
function vnet(size: number): number[] {
  return [1, 1, 40, 0, size & 255, size >> 8, 20, 0, 16, 0];
}

function give(tun: TunEnd, ...packets: readonly (readonly number[] | Uint8Array)[]): void {
  for (const packet of packets) tun.unread.push(Uint8Array.from(packet));
  edge(tun, EPOLLIN);
}

test("a plain TUN is read packet by packet", async () => {
  const { rig, tun } = await startWithTun(OFFLOAD_NONE);
  give(tun, tcpPacket(100), tcpPacket(1360), [0]);
  rig.settle();
  equal(counted(rig, Status.NoPolicy), 2);
  equal(counted(rig, Status.InnerInvalid), 1);
  ok(!rig.lane.isTunReadable);
});

test("a TUN with offloads is read segment by segment", async () => {
  for (const offload of [OFFLOAD_HEADER, OFFLOAD_HEADER | OFFLOAD_TCP, ALL]) {
    const { rig, tun } = await startWithTun(offload);
    give(
      tun,
      plain(tcpPacket(100)),
      [...vnet(1000), ...tcpPacket(60_001)],
      plain(tcpPacket(200)),
      [...vnet(0), ...tcpPacket(100)],
    );
    rig.settle();
    equal(counted(rig, Status.NoPolicy), 1 + 61 + 1);
    equal(counted(rig, Status.InnerInvalid), 1);
  }
});

test("a batch ends when a connection could hold no more", async () => {
  const { rig, tun } = await startWithTun(ALL);
  const octets = [...vnet(1000), ...tcpPacket(60_000)];
  give(tun, octets, octets, octets, octets, octets);
  const reads: number[] = [];
  const { core } = rig.lane;
  Object.assign(rig.lane, { core: { ...core, slots_in: noteReads } });

  function noteReads(index: number, count: number): void {
    reads.push(count);
    core.slots_in(index, count);
  }

  rig.settle();
  deepEqual(reads, [2, 2, 1]);
  equal(counted(rig, Status.NoPolicy), 300);
});

test("a kernel that refuses joined packets gets each by itself, in order, and is not asked again", async () => {
  for (const [protocol, call] of [["udp", "tun_udp_join"], ["tcp", "tun_tcp_join"]] as const) {
    for (const errno of [EINVAL, EIO, EPERM, EOPNOTSUPP]) {
      const { rig, tun, packets, deliver } = await startJoining(protocol);
      tun.joinFailure = errno;
      deliver();
      deepEqual(tun.written, packets.map(plain), "nothing is lost");
      const calls = rig.kernel.calls.get("writev") ?? 0;
      equal(calls, 1 + packets.length);
      deliver();
      equal((rig.kernel.calls.get("writev") ?? 0) - calls, packets.length, "no try to join");
      equal(tun.written.length, 2 * packets.length);
      deepEqual(refusedCalls(rig), [[call, errnoName(errno)]]);
      equal(counted(rig, Status.InnerInvalid) + counted(rig, Status.InnerFull), 0);
    }
  }
});

test("the other protocol is joined on", async () => {
  const { rig, tun, packets, deliver } = await startJoining("udp");
  tun.joinFailure = EINVAL;
  deliver();
  tun.joinFailure = 0;
  tun.written.length = 0;
  const { deliver: deliverTcp } = await startJoining("tcp", { rig, tun });
  deliverTcp();
  equal(tun.written.length, 1);
  deliver();
  equal(tun.written.length, 1 + packets.length);
});

test("a shortage that passes loses no packet, and joins the next", async () => {
  const { rig, tun, packets, deliver } = await startJoining("udp");
  tun.joinFailure = ENOMEM;
  deliver();
  equal(tun.written.length, packets.length);
  tun.joinFailure = 0;
  deliver();
  equal(tun.written.length, packets.length + 1);
  deepEqual(refusedCalls(rig), []);
});

test("a device that takes nothing is asked twice for a joined packet, and blames no joining", async () => {
  const { rig, tun, packets, deliver } = await startJoining("udp");
  tun.failure = EIO;
  deliver();
  equal(rig.kernel.calls.get("writev"), 2);
  equal(counted(rig, Status.InnerFull), packets.length);
  deepEqual(refusedCalls(rig), []);
  tun.failure = 0;
  deliver();
  equal(tun.written.length, 1);
});

test("where writev is refused, write does it", async () => {
  for (const offload of [OFFLOAD_NONE, ALL]) {
    const { rig, tun, packets, deliver } = await startJoining("udp", undefined, offload);
    rig.kernel.refused.set("writev", ENOSYS);
    deliver();
    deliver();
    const expected = offload === OFFLOAD_NONE ? packets : packets.map(plain);
    deepEqual(tun.written, [...expected, ...expected]);
    const calls = refusedCalls(rig).map(([call]) => call);
    deepEqual(calls, offload === OFFLOAD_NONE ? ["writev"] : ["writev", "tun_udp_join"]);
  }
});

test("a packet that the kernel cannot describe holds up no other, and no more such are asked for", async () => {
  const { rig, tun } = await startWithTun(ALL);
  tun.readFailures.push(EINVAL);
  give(tun, plain(tcpPacket(100)), plain(tcpPacket(200)));
  rig.settle();
  equal(counted(rig, Status.NoPolicy), 2);
  equal(rig.kernel.requests.filter((request) => request === TUNSETOFFLOAD).length, 1);
  deepEqual(refusedCalls(rig), [["tun_read", "EINVAL"]]);
});

/** A packet with the header of a plain one in front. */
function plain(packet: Uint8Array): Uint8Array {
  return Uint8Array.of(...new Uint8Array(VNET_LEN), ...packet);
}

interface Joining {
  readonly rig: LaneRig;
  readonly tun: TunEnd;
  /** The packets of one flow that `deliver` brings in one batch. */
  readonly packets: readonly Uint8Array[];
  readonly deliver: () => void;
}

/** A lane whose peer sends packets that can be joined. */
async function startJoining(
  protocol: "tcp" | "udp",
  known?: { readonly rig: LaneRig; readonly tun: TunEnd },
  offload = ALL,
): Promise<Joining> {
  const { rig, tun } = known ?? await startWithTun(offload);
  const peer = makePeer();
  installPeer(rig, peer, { number: protocol === "tcp" ? 1 : 2, replayWindow: 64 });
  const end = rig.connect(protocol === "tcp" ? [192, 0, 2, 1] : [192, 0, 2, 2]);
  arrive(end, STREAM_PREFIX);
  rig.settle();
  const packets = Array.from(
    { length: 20 },
    (_, i) => Uint8Array.from(innerPacket(peer.ends, protocol, i)),
  );
  return {
    rig,
    tun,
    packets,
    deliver(): void {
      for (const packet of packets) arrive(end, frame(sealEsp(peer.inbound, packet)));
      rig.settle();
    },
  };
}

function innerPacket(ends: Ends, protocol: "tcp" | "udp", i: number): Uint8Array {
  const data = Buffer.alloc(i === 19 ? 50 : 300, i);
  if (protocol === "udp") return withId(udpPacket(ends, { data, port: 9 }), i);
  const flags = i === 19 ? ACK | PSH : ACK;
  return tcpSegment(ends, { id: i, port: 9, seq: 1000 + 300 * i, ack: 1, flags, data });
}
