import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import type { UdpEnd } from "../../tests/fakes/kernel/descriptors.ts";
import { arrive } from "../../tests/fakes/kernel/kernel.ts";
import { type LaneRig, startLaneRig } from "../../tests/support/lane/rig.ts";
import { frame, ike } from "../../tests/support/lane/traffic.ts";
import { endsAt } from "../edges/ends.ts";
import { AF_INET, ENETUNREACH, EPERM } from "../linux/constants.ts";
import { ORDER_NETWORK } from "./commands.ts";
import { STREAM_PREFIX } from "./stream_prefix.ts";

const OLD = [192, 0, 2, 1];
const NEW = [192, 0, 2, 2];

test("when the network changes, sockets move whose source has, and no others", async () => {
  const { rig, upstream } = await startUsed(OLD);
  const connects = rig.kernel.calls.get("connect") ?? 0;
  rig.order(ORDER_NETWORK);
  rig.settle();
  equal(rig.kernel.calls.get("connect"), connects + 1, "the kernel was asked once");
  rig.kernel.source = NEW;
  rig.order(ORDER_NETWORK);
  rig.settle();
  deepEqual(upstream.source, NEW);
  ok(!upstream.isClosed);
});

test("the order is heard each time that it is given", async () => {
  const { rig, upstream } = await startUsed(OLD);
  for (const source of [NEW, OLD, NEW]) {
    rig.kernel.source = source;
    rig.order(ORDER_NETWORK);
    rig.settle();
    deepEqual(upstream.source, source);
  }
});

test("a send that fails for a source that is gone moves the socket, and leaves", async () => {
  const { rig, peer, upstream } = await startUsed(OLD);
  rig.kernel.source = NEW;
  upstream.failures.push(ENETUNREACH);
  arrive(peer, frame(ike(2)));
  rig.settle();
  deepEqual(upstream.source, NEW);
  deepEqual(upstream.sent.map((message) => message[31]), [1, 2]);
});

test("without a route nothing moves; a change of the network ends the pause of what waits", async () => {
  const { rig, peer, upstream } = await startUsed(OLD);
  upstream.failures.push(...Array.from({ length: 6 }, () => EPERM));
  rig.kernel.failures.connect.push(...Array.from({ length: 7 }, () => ENETUNREACH));
  arrive(peer, frame(ike(2)));
  rig.settle();
  // Pauses of 5 to 160 ms, each with one send.
  for (let i = 0; i < 5; i++) {
    rig.advance(200);
    rig.settle();
  }
  deepEqual(upstream.source, OLD);
  equal(upstream.failures.length, 0);
  rig.kernel.failures.connect.length = 0;
  rig.order(ORDER_NETWORK);
  rig.settle();
  equal(upstream.sent.length, 2, "it has not waited for its pause");
});

test("a source of --upstream-source is not the kernel's to choose", async () => {
  const source = { octets: new Uint8Array([127, 64, 0, 0]), bits: 16 };
  const upstream = { family: AF_INET, address: new Uint8Array(16).fill(AF_INET, 0, 1), source };
  const { rig, upstream: end } = await startUsed(OLD, endsAt(upstream));
  rig.kernel.source = NEW;
  rig.order(ORDER_NETWORK);
  rig.settle();
  deepEqual(end.source, OLD);
});

/** A connection whose socket has `source`, and that has passed a message on. */
async function startUsed(
  source: readonly number[],
  ends: Partial<LaneRig["lane"]["init"]> = {},
): Promise<{ rig: LaneRig; peer: ReturnType<LaneRig["connect"]>; upstream: UdpEnd }> {
  const rig = await startLaneRig(ends);
  rig.kernel.source = source;
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(1)));
  rig.settle();
  const upstream = rig.kernel.sockets.at(-1);
  if (upstream === undefined) throw new Error("There is no upstream socket");
  deepEqual(upstream.source, source);
  return { rig, peer, upstream };
}
