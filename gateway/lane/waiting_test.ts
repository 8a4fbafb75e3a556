// Packets that come before the SA that opens them, on a lane with the real core.

import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { openEnd, type TunEnd, tunEnd } from "../../tests/fakes/kernel/descriptors.ts";
import { arrive } from "../../tests/fakes/kernel/kernel.ts";
import { sealEsp } from "../../tests/support/esp.ts";
import { frame } from "../../tests/support/frames.ts";
import { udpPacket } from "../../tests/support/inner_packet.ts";
import { installPeer } from "../../tests/support/lane/peer.ts";
import { type LaneRig, startLaneRig } from "../../tests/support/lane/rig.ts";
import { counted, ike, upstreamOf } from "../../tests/support/lane/traffic.ts";
import { makePeer, type Peer } from "../../tests/support/peers.ts";
import { OFFLOAD_HEADER, OFFLOAD_NONE, OFFLOAD_TCP } from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import { COMMAND_KICK, ORDER_WAITING } from "./commands.ts";
import { rowGeneration } from "./row.ts";
import { STREAM_PREFIX } from "./stream_prefix.ts";

interface Scene {
  readonly rig: LaneRig;
  readonly tun: TunEnd;
  readonly peer: Peer;
  /** Inner packets that were sent, in order. */
  readonly packets: readonly Uint8Array[];
}

/**
 * A lane with a TUN, and a client that sends `count` packets by an SPI that is promised, then IKE.
 */
async function startScene(count: number, offload: number): Promise<Scene> {
  const tun = tunEnd();
  const rig = await startLaneRig({ offload }, (kernel) => ({ tun: openEnd(kernel, tun) }));
  const peer = makePeer();
  const packets = Array.from(
    { length: count },
    (_, at) => udpPacket(peer.ends, { data: Uint8Array.of(at) }),
  );
  rig.core.spi_promise(SHELL, peer.inbound.spi);
  const client = rig.connect();
  arrive(client, STREAM_PREFIX);
  for (const packet of packets) arrive(client, frame(sealEsp(peer.inbound, packet)));
  arrive(client, frame(Uint8Array.from(ike(1))));
  rig.settle();
  return { rig, tun, peer, packets };
}

for (const offload of [OFFLOAD_NONE, OFFLOAD_HEADER | OFFLOAD_TCP]) {
  test(`packets of a promised SPI wait for their SA, offload ${offload}, and IKE passes them`, async () => {
    const { rig, tun, peer, packets } = await startScene(5, offload);
    equal(upstreamOf(rig).sent.length, 1);
    deepEqual([tun.written.length, counted(rig, Status.UnknownSpi)], [0, 0]);
    installPeer(rig, peer, { number: 1, replayWindow: 64 });
    rig.settle();
    equal(tun.written.length, 0, "the lane has not been told");
    rig.order(ORDER_WAITING);
    rig.settle();
    const headLen = offload === OFFLOAD_NONE ? 0 : VNET_LEN;
    const written = tun.written.map((octets) => [...octets.subarray(headLen)]);
    deepEqual(written, packets.map((packet) => [...packet]));
    rig.order(ORDER_WAITING);
    rig.settle();
    equal(tun.written.length, packets.length);
  });
}

test("packets are dropped and counted when the promise is taken back, or time has passed", async () => {
  const { rig, tun, peer } = await startScene(3, OFFLOAD_NONE);
  rig.core.spi_forget(SHELL, peer.inbound.spi);
  rig.order(ORDER_WAITING);
  rig.settle();
  equal(counted(rig, Status.UnknownSpi), 3);

  const late = await startScene(3, OFFLOAD_NONE);
  late.rig.advance(1001);
  late.rig.order(ORDER_WAITING);
  late.rig.settle();
  equal(counted(late.rig, Status.UnknownSpi), 3);
  installPeer(late.rig, late.peer, { number: 1, replayWindow: 64 });
  late.rig.order(ORDER_WAITING);
  late.rig.settle();
  deepEqual([tun.written.length, late.tun.written.length], [0, 0]);
});

test("packets of a connection that has ended are dropped", async () => {
  const { rig, tun, peer } = await startScene(3, OFFLOAD_NONE);
  const [connection] = rig.lane.live;
  rig.command([COMMAND_KICK, connection?.row ?? 0, rowGeneration(rig.lane.tables, 1)]);
  rig.settle();
  equal(rig.lane.live.size, 0);
  installPeer(rig, peer, { number: 1, replayWindow: 64 });
  rig.order(ORDER_WAITING);
  rig.settle();
  deepEqual([tun.written.length, counted(rig, Status.UnknownSpi)], [0, 3]);
});

const SHELL = 1;
const VNET_LEN = 10;
