// The transmit side against a model: three real lanes on one kernel. A lane seals for connections
// of the others, the kernel takes a part or nothing, and room comes back by EPOLLOUT alone.
// Connections end at any time, and numbers of descriptors and rows are used again at once.
//
// wasm-core/tests/transmit_model.rs has the same model for the core alone, with locks held between
// the steps and with threads that race.

import { deepEqual, equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import fc from "fast-check";
import { sendReset } from "../../tests/fakes/kernel/kernel.ts";
import { openEsp } from "../../tests/support/esp.ts";
import { createFrameReader } from "../../tests/support/frames.ts";
import { parsePacket } from "../../tests/support/inner_packet.ts";
import {
  CONNECTIONS,
  type Driven,
  type Far,
  finish,
  nameOf,
  rest,
  RINGS,
  startWorld,
  step,
  upstreamOf,
  type World,
} from "../../tests/support/lane/world.ts";
import type { Peer } from "../../tests/support/peers.ts";
import { LANE_SOCKADDR } from "../../ts-bindings/layout.ts";

const STEPS = 400;
const TIMEOUT_MS = 600_000;
/** `deno task test:fuzz` takes more. */
const SEEDS = 15;

/**
 * Frames that a lane has sealed for a connection of another lane, and the other states that the
 * seeds must have driven the lanes to.
 */
interface Total extends Driven {
  acrossLanes: number;
  descriptorsUsedAgain: number;
}

test("L30 to L32: no octet reaches another connection, no frame is torn, and nothing is lost", {
  timeout: TIMEOUT_MS,
}, async () => {
  const total: Total = {
    acrossLanes: 0,
    blocked: 0,
    descriptorsUsedAgain: 0,
    heldBack: 0,
    starved: 0,
  };
  await fc.assert(
    fc.asyncProperty(fc.noShrink(fc.integer()), async (seed) => {
      const world = await startWorld(seed);
      for (let i = 0; i < STEPS; i++) step(world);
      finish(world);
      checkWorld(world);
      addDriven(total, world);
    }),
    { numRuns: fc.readConfigureGlobal().numRuns ?? SEEDS },
  );
  for (const [what, count] of Object.entries(total)) ok(count > SEEDS, `${what}: ${count}`);
});

function addDriven(total: Total, world: World): void {
  total.blocked += world.driven.blocked;
  total.heldBack += world.driven.heldBack;
  total.starved += world.driven.starved;
  total.descriptorsUsedAgain += Math.max(world.fars.length - CONNECTIONS, 0);
  for (const far of world.fars) {
    for (const { peer, packet } of readFar(world, far).sealed) {
      const n = innerNumber(openEsp(peer.outbound, packet)?.inner ?? new Uint8Array());
      if (world.fromHost.get(n)?.lane !== far.lane) total.acrossLanes++;
    }
  }
}

/** Everything that must hold once nothing is in anybody's way. */
function checkWorld(world: World): void {
  for (const far of world.fars) checkFar(world, far);
  checkInbound(world);
  checkOutbound(world);
  checkNothingHeld(world);
}

function checkFar(world: World, far: Far): void {
  const isLive = far.ending === "none";
  equal(far.end.isClosed, !isLive, `connection ${far.id} has ended: ${far.ending}`);
  const got = (upstreamOf(world.kernel, far)?.sent ?? []).map(nameOf);
  const isAllDue = isLive || far.ending === "fin";
  deepEqual(got, isAllDue ? far.sent : far.sent.slice(0, got.length), "all for the daemon");
  const { relayed, isTorn } = readFar(world, far);
  ok(!isTorn || !isAllDue, `connection ${far.id}: a frame was not finished`);
  const ike = numbersOf(relayed, `ike ${far.id}`);
  const esp = numbersOf(relayed, `esp ${far.id}`);
  equal(ike.length + esp.length, relayed.length, `strange frames: ${relayed.join(", ")}`);
  deepEqual(ike, Array.from(ike.keys()), "IKE in order");
  if (isLive) equal(ike.length, far.fromDaemon.ike, "all IKE has left");
  deepEqual(esp, [...new Set(esp)].toSorted((a, b) => a - b), "relayed ESP in order");
}

/** The output of a connection: relayed messages by name, and packets that were sealed here. */
function readFar({ peers }: World, far: Far): Readonly<
  { relayed: string[]; sealed: { peer: Peer; packet: Buffer }[]; isTorn: boolean }
> {
  const reader = createFrameReader();
  const relayed: string[] = [];
  const sealed: { peer: Peer; packet: Buffer }[] = [];
  for (const payload of reader.push(Uint8Array.from(far.end.sent))) {
    const peer = peers.find(({ outbound }) => outbound.spi === payload.readUInt32BE(0));
    if (peer === undefined) relayed.push(nameOf(payload));
    else sealed.push({ peer, packet: payload });
  }
  return { relayed, sealed, isTorn: reader.pendingLen() > 0 };
}

/**
 * Numbers of the messages whose names are `start` and a number; spoilt messages have other names.
 */
function numbersOf(names: readonly string[], start: string): number[] {
  return names.map((name) => new RegExp(`^${start} (\\d+)$`).exec(name))
    .filter((match) => match !== null)
    .map((match) => Number(match[1]));
}

/** Each inner packet of a peer reaches the host once, on whichever connection and lane it came. */
function checkInbound({ fars, tuns }: World): void {
  const got = tuns.flatMap((tun) => tun.written.map(innerNumber));
  equal(new Set(got).size, got.length, "an inner packet was delivered twice");
  const sent = new Set(fars.flatMap((far) => far.inner));
  ok(got.every((n) => sent.has(n)), "nobody has sent this");
  const due = fars.filter((far) => far.ending === "none" || far.ending === "fin");
  const missing = due.flatMap((far) => far.inner).filter((n) => !got.includes(n));
  deepEqual(missing, [], "inner packets that were not delivered");
}

/**
 * Each sealed packet is one of the host's, is for the peer whose path this connection has been, and
 * has a number of its own.
 */
function checkOutbound(world: World): void {
  const seen = new Set<string>();
  for (const far of world.fars) {
    for (const { peer, packet } of readFar(world, far).sealed) {
      ok(far.peers.has(peer), `ESP of ${peer.name} on connection ${far.id}`);
      const opened = openEsp(peer.outbound, packet);
      ok(opened !== undefined, "an ICV is wrong");
      const n = innerNumber(opened.inner);
      equal(world.fromHost.get(n)?.peer, peer, `inner packet ${n}`);
      for (const once of [`inner ${n}`, `${peer.name} ${opened.seq}`]) {
        ok(!seen.has(once), `twice: ${once}`);
        seen.add(once);
      }
    }
  }
}

/** The number in an inner packet, which must be as it was made. */
function innerNumber(packet: Uint8Array): number {
  const { payload, isIntact } = parsePacket(Buffer.from(packet));
  ok(isIntact, "an inner packet is spoilt");
  return payload.readUInt32BE(8);
}

/** With the last connection all descriptors and all rings are free. */
function checkNothingHeld(world: World): void {
  const { kernel, lanes, fars } = world;
  for (const far of fars) if (far.ending === "none") sendReset(far.end);
  rest(world);
  // Sockets to the daemon stay until it has been silent for some minutes.
  for (let minutes = 0; minutes < 10; minutes++) {
    lanes[0]?.advance(60_000);
    rest(world);
  }
  const kinds = [...kernel.ends.values()].map((end) => end.kind);
  deepEqual(kinds.toSorted(), lanes.flatMap(() => ["eventfd", "listener", "tun"]).toSorted());
  const [lane] = lanes;
  ok(lane !== undefined);
  const rings = Array.from({ length: RINGS + 1 }, (_, i) => {
    lane.lane.tables.u8.set([2, 0, 0, 0, 10, 0, 0, i], lane.core.lane_block(0) + LANE_SOCKADDR);
    const row = lane.core.conn_open(0, 900 + i, 0, 1000, 0);
    // Only those that have proved a key may take all.
    lane.core.conn_trust(0, row, 1000);
    return lane.core.rx_prepare(0, row) >= 0;
  });
  deepEqual(rings, [...Array.from({ length: RINGS }, () => true), false], "rings of the pool");
}
