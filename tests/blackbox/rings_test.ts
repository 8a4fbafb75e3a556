// The pool of rings, emptied: connections without a ring wait unread, and go on as soon as others
// give theirs back.

import { equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe } from "node:test";
import { expectEcho } from "../support/echo.ts";
import { STREAM_PREFIX } from "../support/frames.ts";
import type { Gateway } from "../support/gateway.ts";
import type { Originator } from "../support/originator.ts";
import { readMetrics, sample } from "../support/metrics.ts";
import { addPeer } from "../support/peers.ts";
import { scenario } from "../support/scenario.ts";
import { useGateway } from "../support/use_gateway.ts";
import { settle } from "../support/wait.ts";

/** Rings of a gateway with this many connections or more. */
const RINGS = 4096;
/** Half of them are for peers that have proved a key. */
const SHARED = RINGS / 2;

const ROOMY = ["--max-connections", "10000", "--max-connections-per-source", "10000"];

describe("the rings of one source", () => {
  const gateway = useGateway([
    ...ROOMY,
    // Nobody has to give a ring up while the test goes on.
    ...["--prefix-timeout-ms", "600000", "--frame-timeout-ms", "600000"],
  ]);

  scenario("T31: who finds none waits, and goes on when one of its source comes back", async () => {
    const peer = await addPeer(gateway().api);
    const first = await gateway().connect();
    await expectEcho(first, peer);
    const halves = await connectHalves(gateway(), 512);
    // The prefix of those that wait has not been read.
    const isSettled = ({ accepted, prefixed }: States): boolean =>
      accepted + prefixed === 512 && accepted > 0;
    const { accepted, prefixed } = await settle(readStates, isSettled);
    ok(accepted > 0 && prefixed >= 64 && prefixed < SHARED, `${accepted} wait, ${prefixed} hold`);
    await expectEcho(first, peer);
    // Each one that waits gets a ring, as others go.
    for (const connection of halves.slice(0, 480)) connection.reset();
    equal((await settle(readStates, (states) => states.accepted === 0)).accepted, 0);
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

describe("the pool of rings", () => {
  const gateway = useGateway([
    ...ROOMY,
    // Nobody has to give a ring up: who waits for one would wait for longer than the test.
    ...["--prefix-timeout-ms", "600000", "--frame-timeout-ms", "600000"],
  ]);
  const SOURCES = 74;
  const EACH = 60;

  scenario("T31: peers without a key who come back keep it from nobody who has one", async () => {
    const peers = await Promise.all(Array.from({ length: 20 }, () => addPeer(gateway().api)));
    const tunnels = await Promise.all(peers.map(() => gateway().connect()));
    const ping = async (): Promise<void> => {
      await Promise.all(peers.map((peer, i) => expectEcho(tunnels[i] as Originator, peer)));
    };
    await ping();
    const attackers: Originator[] = [];
    for (let source = 0; source < SOURCES; source++) {
      attackers.push(...await connectHalves(gateway(), EACH, `127.0.1.${1 + source}`));
    }
    for (let round = 0; round < 3; round++) {
      await ping();
      // An address that no attacker has, each time anew.
      const late = await gateway().connect({ localAddress: `127.0.2.${1 + round}` });
      const newcomer = await addPeer(gateway().api);
      await expectEcho(late, newcomer);
      const gone = attackers.filter((attacker, i) => !attacker.isOpen() || i % 8 === round);
      for (const attacker of gone) attacker.reset();
      for (let source = 0; source < SOURCES; source++) {
        const count = Math.ceil(gone.length / SOURCES);
        attackers.push(...await connectHalves(gateway(), count, `127.0.1.${1 + source}`));
      }
    }
    await ping();
    ok(tunnels.every((tunnel) => tunnel.isOpen()));
  });
});

/**
 * Peers with half a frame each. Prefix and half frame leave in one write, so that no prefix is read
 * without a ring that stays.
 */
async function connectHalves(
  gateway: Gateway,
  count: number,
  localAddress = "127.0.0.1",
): Promise<Originator[]> {
  const opening = Buffer.concat([STREAM_PREFIX, Buffer.of(0xea, 0x60), Buffer.alloc(100, 7)]);
  const connections: Originator[] = [];
  while (connections.length < count) {
    const batch = Array.from(
      { length: Math.min(64, count - connections.length) },
      () => gateway.connect({ opening, localAddress }),
    );
    connections.push(...await Promise.all(batch));
  }
  return connections;
}
