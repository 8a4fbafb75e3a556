// A peer that sends without end what leads nowhere gets its turn, and no more (protocol.md L35).

import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import type { TcpEnd } from "../../tests/fakes/kernel/descriptors.ts";
import { arrive, startFlood } from "../../tests/fakes/kernel/kernel.ts";
import { type FakeLane, startFakeLane } from "../../tests/support/lane/test_lane.ts";
import { counted, frame, ike, upstreamOf } from "../../tests/support/lane/traffic.ts";
import { COMMAND_COUNT, ROW_GENERATION, SCAN_MAX } from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import { COMMAND_KICK, ORDER_DRAIN, ORDER_STOP } from "./commands.ts";
import { rowI32 } from "./lane.ts";
import { STREAM_PREFIX } from "./stream_prefix.ts";

const FLOODS = {
  "empty frames": frame([]),
  "keepalives": frame([0xff]),
  "IKE too long for a datagram": frame(Array.from({ length: 65_520 }, () => 0)),
};

for (const [what, octets] of Object.entries(FLOODS)) {
  test(`${what} without end leave the other connections and all orders their turn`, async () => {
    const fake = await startFakeLane();
    const flooding = startFlooding(fake, octets);
    const calm = fake.connect();
    fake.step();
    arrive(calm, STREAM_PREFIX);
    arrive(calm, frame(ike(1)));
    fake.step();
    deepEqual(upstreamOf(fake).sent.map((message) => [...message]), [ike(1)]);
    fake.advance(5000);
    fake.step();
    fake.step();
    ok(flooding.isClosed);
    equal(counted(fake, Status.PrefixTimeout), 1);
  });
}

test("IKE without an upstream, without end, is dropped turn by turn", async () => {
  const fake = await startFakeLane({ upstream: null });
  const flooding = startFlooding(fake, frame(ike(1)));
  fake.step();
  const first = counted(fake, Status.NoUpstream);
  fake.step();
  const second = counted(fake, Status.NoUpstream);
  ok(first > 0 && second > first, `${first}, then ${second}`);
  // Two budgets a turn: one of the connections with news, one of the busy ones.
  ok(second <= 2 * 2 * 2 * SCAN_MAX, `${second} in two turns`);
  fake.command([COMMAND_KICK, 1, rowI32(fake.lane, 1, ROW_GENERATION)]);
  fake.step();
  ok(flooding.isClosed);
});

test("a drain and the stop are heard in a flood", async () => {
  const fake = await startFakeLane();
  const flooding = startFlooding(fake, frame([]));
  fake.step();
  fake.order(ORDER_DRAIN);
  fake.step();
  ok(flooding.isClosed);
  fake.order(ORDER_STOP);
  fake.step();
  ok(fake.lane.isStopping);
});

test("a drain and the stop are heard behind a ring of commands that is full", async () => {
  const fake = await startFakeLane();
  const peer = fake.connect();
  fake.settle();
  for (let i = 0; i < COMMAND_COUNT; i++) ok(fake.command([COMMAND_KICK, 8, 0]));
  ok(!fake.command([COMMAND_KICK, 8, 0]));
  fake.order(ORDER_DRAIN);
  fake.order(ORDER_STOP);
  fake.step();
  ok(peer.isClosed && fake.lane.isStopping);
});

test("reads that bring no whole frame end with the turn", async () => {
  const fake = await startFakeLane();
  const flooding = startFlooding(fake, frame(ike(1)));
  fake.kernel.readMax = 1;
  flooding.hasFin = true;
  const before = fake.kernel.calls.get("readv") ?? 0;
  fake.step();
  const reads = (fake.kernel.calls.get("readv") ?? 0) - before;
  ok(reads <= 2 * 8, `${reads} reads in one turn`);
});

test("a frame whose rest came has no part in the clock of the next one", async () => {
  const fake = await startFakeLane({ upstream: null });
  const peer = fake.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(1)).subarray(0, 10));
  fake.settle();
  fake.advance(4000);
  arrive(peer, frame(ike(1)).subarray(10));
  arrive(peer, frame(ike(2)).subarray(0, 10));
  fake.settle();
  equal(fake.lane.connections[1]?.partialAt, fake.lane.now);
});

/** A peer that has sent the prefix, and now sends `octets` again and again. */
function startFlooding(fake: FakeLane, octets: Uint8Array): TcpEnd {
  const flooding = fake.connect();
  arrive(flooding, STREAM_PREFIX);
  fake.settle();
  startFlood(flooding, octets);
  return flooding;
}
