import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { edge, openEnd, type TunEnd } from "../../tests/fakes/kernel/descriptors.ts";
import { type LaneRig, startLaneRig } from "../../tests/support/lane/rig.ts";
import {
  LANE_COUNTERS,
  OFFLOAD_NONE,
  OFFLOAD_TCP,
  OFFLOAD_TCP_UDP,
} from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import { EPOLLIN } from "../linux/constants.ts";

const VNET_LEN = 10;

/** A lane with a TUN, whose far end is the test's. */
async function startWithTun(offload: number): Promise<{ rig: LaneRig; tun: TunEnd }> {
  const tun: TunEnd = {
    kind: "tun",
    watch: undefined,
    unread: [],
    written: [],
    failure: 0,
    isClosed: false,
  };
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

function counted(rig: LaneRig, status: number): number {
  const { tables } = rig.lane;
  return tables.u32[(tables.block + LANE_COUNTERS + 8 * status) >>> 2] ?? 0;
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
  for (const offload of [OFFLOAD_TCP, OFFLOAD_TCP_UDP]) {
    const { rig, tun } = await startWithTun(offload);
    const plain = new Array<number>(VNET_LEN).fill(0);
    give(
      tun,
      [...plain, ...tcpPacket(100)],
      [...vnet(1000), ...tcpPacket(60_001)],
      [...plain, ...tcpPacket(200)],
      [...vnet(0), ...tcpPacket(100)],
    );
    rig.settle();
    equal(counted(rig, Status.NoPolicy), 1 + 61 + 1);
    equal(counted(rig, Status.InnerInvalid), 1);
  }
});

test("a batch ends when a connection could hold no more", async () => {
  const { rig, tun } = await startWithTun(OFFLOAD_TCP);
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
