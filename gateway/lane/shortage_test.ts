// Descriptors and ports when they are short: peers without a key give way to those with one.

import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import type { TcpEnd } from "../../tests/fakes/kernel/descriptors.ts";
import { arrive } from "../../tests/fakes/kernel/kernel.ts";
import { type LaneRig, startLaneRig } from "../../tests/support/lane/rig.ts";
import { counted, frame, ike } from "../../tests/support/lane/traffic.ts";
import { Status } from "../../ts-bindings/status.ts";
import { EAGAIN, EMFILE } from "../linux/constants.ts";
import { STREAM_PREFIX } from "./stream_prefix.ts";

const STRANGER = [10, 0, 0, 1];
const CLIENT = [192, 0, 2, 1];
/** Longer than a handshake keeps its place, ms. */
const SILENT_MS = 11_000;

for (const [what, errno] of [["connect", EAGAIN], ["socket", EMFILE]] as const) {
  test(`a stranger gives way when ${what} finds nothing for one that has proved a key`, async () => {
    const rig = await startLaneRig();
    const stranger = openPeer(rig, STRANGER);
    arrive(stranger, frame(ike(1)));
    rig.settle();
    const client = openPeer(rig, CLIENT);
    for (const { row } of rig.lane.live) if (row !== 1) rig.core.conn_trust(0, row, rig.lane.now);
    rig.advance(SILENT_MS);
    rig.kernel.failures[what].push(errno);
    arrive(client, frame(ike(2)));
    rig.settle();
    rig.advance(10);
    rig.settle();
    ok(stranger.isClosed && !client.isClosed);
    equal(counted(rig, Status.GaveWay), 1);
    equal(rig.kernel.sockets.at(-1)?.sent.length, 1);
  });
}

test("descriptors that are kept go to nobody without a key, and to everybody with one", async () => {
  // 3 and 4 are the lane's, 7 is kept.
  const rig = await startLaneRig({ openFilesMax: 8 });
  const peers = Array.from({ length: 4 }, () => openPeer(rig, CLIENT));
  deepEqual(peers.map(({ isClosed }) => isClosed), [false, false, true, true]);
  equal(counted(rig, Status.RefusedTotal), 2);
  for (const peer of peers.slice(0, 2)) arrive(peer, frame(ike(3)));
  rig.settle();
  equal(relayed(rig), 0);
  for (const { row } of rig.lane.live) rig.core.conn_trust(0, row, rig.lane.now);
  rig.advance(1000);
  rig.settle();
  equal(relayed(rig), 2);
});

/** Messages that have reached the daemon. */
function relayed({ kernel }: LaneRig): number {
  return kernel.sockets.reduce((sum, { sent }) => sum + sent.length, 0);
}

/** A peer that has sent its prefix. */
function openPeer(rig: LaneRig, address: readonly number[]): TcpEnd {
  const peer = rig.connect(address);
  arrive(peer, STREAM_PREFIX);
  rig.settle();
  return peer;
}
