// How many system calls frames cost under load, counted and not timed.

import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import type { TcpEnd } from "../../tests/fakes/kernel/descriptors.ts";
import { arrive } from "../../tests/fakes/kernel/kernel.ts";
import { sealPing } from "../../tests/support/echo.ts";
import { createFrameReader, frame } from "../../tests/support/frames.ts";
import { installPeer, startEchoHost } from "../../tests/support/lane/peer.ts";
import { type LaneRig, startLaneRig } from "../../tests/support/lane/rig.ts";
import { makePeer, type Peer } from "../../tests/support/peers.ts";
import { STREAM_PREFIX } from "./stream_prefix.ts";

test("T127: under load frames leave and come many in a call", async () => {
  const { rig, end, peer } = await startEcho();
  const count = 300;
  for (let i = 0; i < count; i++) arrive(end, frame(sealPing(peer)));
  const before = new Map(rig.kernel.calls);
  rig.settle();
  equal(createFrameReader().push(Uint8Array.from(end.sent)).length, count);
  for (const name of ["readv", "sendmsg", "epoll_wait"]) {
    const calls = (rig.kernel.calls.get(name) ?? 0) - (before.get(name) ?? 0);
    ok(calls > 0 && calls / count < 0.2, `${calls} calls of ${name} for ${count} frames`);
  }
});

test("T127: a frame that is alone leaves in the turn in which it came, in a call of its own", async () => {
  const { rig, end, peer } = await startEcho();
  for (let i = 1; i <= 10; i++) {
    arrive(end, frame(sealPing(peer)));
    rig.step();
    equal(createFrameReader().push(Uint8Array.from(end.sent)).length, i);
    equal(rig.kernel.calls.get("sendmsg"), i);
  }
});

/** A connection of a lane with the echo host. */
async function startEcho(): Promise<
  { rig: LaneRig; end: TcpEnd; peer: Peer }
> {
  const rig = await startLaneRig();
  startEchoHost(rig);
  const peer = makePeer();
  installPeer(rig, peer, { number: 1, replayWindow: 64 });
  const end = rig.connect();
  arrive(end, STREAM_PREFIX);
  rig.settle();
  return { rig, end, peer };
}
