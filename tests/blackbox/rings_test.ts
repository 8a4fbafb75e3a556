// The pool of rings, emptied: connections without a ring wait unread, and go on as soon as others
// give theirs back.

import { deepEqual, equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { expectEcho } from "../support/echo.ts";
import { STREAM_PREFIX } from "../support/frames.ts";
import type { Gateway } from "../support/gateway.ts";
import type { Originator } from "../support/originator.ts";
import { readMetrics, sample, watchMetrics } from "../support/metrics.ts";
import { addPeer } from "../support/peers.ts";
import { scenario } from "../support/scenario.ts";
import { useGateway } from "../support/use_gateway.ts";
import { settle } from "../support/wait.ts";

/** Rings of a gateway with this many connections or more. */
const RINGS = 4096;
const WAITING = 64;

describe("the pool of rings", () => {
  const gateway = useGateway([
    ...["--max-connections", "10000", "--max-connections-per-source", "10000"],
    // Nobody has to give a ring up while the test goes on.
    ...["--prefix-timeout-ms", "600000", "--frame-timeout-ms", "600000"],
  ]);

  scenario("T31: whoever finds it empty waits, and goes on when a ring comes back", async () => {
    const peer = await addPeer(gateway().api);
    const first = await gateway().connect();
    await expectEcho(first, peer);
    const halves = await connectHalves(gateway(), RINGS + WAITING);
    // The prefix of those that wait has not been read.
    const full = { accepted: WAITING, prefixed: RINGS };
    deepEqual(await settle(readStates, (states) => isDeepStrictEqual(states, full)), full);
    // Each one that waits gets a ring, and each ping its answer.
    for (const connection of halves.slice(0, 2 * WAITING)) connection.reset();
    const { accepted } = await settle(readStates, (states) => states.accepted === 0);
    equal(accepted, 0);
    await expectEcho(first, peer);
  });

  interface States {
    readonly accepted: number;
    readonly prefixed: number;
  }

  async function readStates(): Promise<States> {
    const samples = await readMetrics(gateway().api);
    const count = (state: string): number => sample(samples, "culvert_connections", { state });
    return { accepted: count("accepted"), prefixed: count("prefixed") };
  }
});

describe("the pool of rings, for good", () => {
  const gateway = useGateway([
    ...["--max-connections", "10000", "--max-connections-per-source", "10000"],
    ...["--prefix-timeout-ms", "600000"],
  ]);

  scenario("T31: nobody keeps it empty: who says nothing valid gives up a ring", async () => {
    const peer = await addPeer(gateway().api);
    const first = await gateway().connect();
    await expectEcho(first, peer);
    const watch = await watchMetrics(gateway().api);
    await connectHalves(gateway(), RINGS);
    // Each has a ring: none is left.
    const holders = async (): Promise<number> =>
      sample(await readMetrics(gateway().api), "culvert_connections", { state: "prefixed" });
    equal(await settle(holders, (count) => count === RINGS), RINGS);
    await expectEcho(first, peer);
    ok(first.isOpen());
    ok(await watch.grown("culvert_closes_total", { reason: "frame_timeout" }) > 0);
  });
});

/**
 * Peers with half a frame each. Prefix and half frame leave in one write, so that no prefix is read
 * without a ring that stays.
 */
async function connectHalves(gateway: Gateway, count: number): Promise<Originator[]> {
  const opening = Buffer.concat([STREAM_PREFIX, Buffer.of(0xea, 0x60), Buffer.alloc(100, 7)]);
  const connections: Originator[] = [];
  while (connections.length < count) {
    const batch = Array.from({ length: 64 }, () => gateway.connect({ opening }));
    connections.push(...await Promise.all(batch));
  }
  return connections;
}
