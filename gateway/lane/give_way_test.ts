// What the lane does for connections whose peers have proved a key, and with those that have not.

import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { edge, type TcpEnd } from "../../tests/fakes/kernel/descriptors.ts";
import { arrive, startFlood } from "../../tests/fakes/kernel/kernel.ts";
import { type LaneRig, startLaneRig, startLaneRigs } from "../../tests/support/lane/rig.ts";
import { counted, frame, ike } from "../../tests/support/lane/traffic.ts";
import { Status } from "../../ts-bindings/status.ts";
import { AF_INET6, EPOLLIN } from "../linux/constants.ts";
import { COMMAND_ADOPT } from "./commands.ts";
import { rowTrustedAt } from "./row.ts";
import { STREAM_PREFIX } from "./stream_prefix.ts";

/** The rig's limit for a source. */
const PER_SOURCE = 4;
const CLIENT = [192, 0, 2, 1];
const TIMEOUT_MS = 120_000;

test("at the limit of a source the longest silent one gives way, with a status of its own", async () => {
  const rig = await startLaneRig();
  const peers = Array.from({ length: PER_SOURCE }, () => openPeer(rig, CLIENT));
  rig.advance(3000);
  const next = openPeer(rig, CLIENT);
  deepEqual(peers.map(({ isClosed }) => isClosed), [true, false, false, false]);
  ok(!next.isClosed);
  equal(counted(rig, Status.GaveWay), 1);
  equal(counted(rig, Status.RefusedSource), 0);
});

test("one of another lane is closed by that lane, and the new one is taken at once", async () => {
  const [first, second] = await startLaneRigs({ limits: { lanes: 2, connections: 8, rings: 48 } });
  ok(first !== undefined && second !== undefined);
  const old = openPeer(second, CLIENT);
  Array.from({ length: PER_SOURCE - 1 }, () => openPeer(first, CLIENT));
  first.advance(3000);
  const next = openPeer(first, CLIENT);
  ok(!next.isClosed && !old.isClosed);
  second.settle();
  ok(old.isClosed);
  equal(counted(second, Status.GaveWay), 1);
});

test("without a word that proves a key a connection ends, whatever the daemon answers", async () => {
  const rig = await startLaneRig({ unauthenticatedTimeoutMs: TIMEOUT_MS });
  const [refused, proved] = [openPeer(rig, CLIENT), openPeer(rig, CLIENT)];
  answer(rig, 0, message(35, 46));
  answer(rig, 1, message(37, 46));
  rig.advance(TIMEOUT_MS - 100);
  answer(rig, 0, message(34, 33));
  rig.settle();
  ok(!refused.isClosed);
  rig.advance(100);
  rig.settle();
  ok(refused.isClosed && !proved.isClosed);
  rig.advance(100 * TIMEOUT_MS);
  rig.settle();
  ok(!proved.isClosed);
  equal(counted(rig, Status.Unauthenticated), 1);
});

test("a large answer of IKE_AUTH makes a key likely: the connection has thirty times as long", async () => {
  const rig = await startLaneRig({ unauthenticatedTimeoutMs: TIMEOUT_MS });
  const [likely, refused] = [openPeer(rig, CLIENT), openPeer(rig, CLIENT)];
  answer(rig, 0, Uint8Array.of(...message(35, 46), ...new Uint8Array(100)));
  answer(rig, 1, message(35, 46));
  rig.settle();
  rig.advance(TIMEOUT_MS);
  rig.settle();
  ok(!likely.isClosed && refused.isClosed);
  rig.advance(28 * TIMEOUT_MS);
  rig.settle();
  ok(!likely.isClosed);
  rig.advance(TIMEOUT_MS);
  rig.settle();
  ok(likely.isClosed);
  equal(counted(rig, Status.Unauthenticated), 2);
});

test("a word of the daemon that lies unread at the deadline is in time", async () => {
  const rig = await startLaneRig({ unauthenticatedTimeoutMs: TIMEOUT_MS });
  const peer = openPeer(rig, CLIENT);
  rig.advance(2 * TIMEOUT_MS);
  rig.kernel.sockets[0]?.unread.push(message(37, 46));
  rig.settle();
  ok(!peer.isClosed);
});

test("an originator's own connection owes no word", async () => {
  const rig = await startLaneRig({ unauthenticatedTimeoutMs: TIMEOUT_MS });
  const end = rig.connect();
  // The kernel of the rig gives a descriptor to what is accepted, and the lane adopts it.
  rig.listener.waiting.length = 0;
  const fd = 500;
  rig.kernel.ends.set(fd, end);
  rig.command([COMMAND_ADOPT, fd, AF_INET6, 0, 0, 0, 0]);
  rig.settle();
  equal(rig.lane.live.size, 1);
  rig.advance(2 * TIMEOUT_MS);
  rig.settle();
  ok(!end.isClosed);
});

test("however many floods there are, a peer that has proved a key has a budget in each turn", async () => {
  const count = 50;
  const [rig] = await startLaneRigs({ limits: { connections: 64, rings: 400 } });
  ok(rig !== undefined);
  const floods = Array.from({ length: count }, (_, i) => openPeer(rig, [10, 0, 0, i]));
  const tunnel = openPeer(rig, CLIENT);
  answer(rig, count, message(37, 46));
  rig.settle();
  for (const flood of floods) startFlood(flood, frame([]));
  rig.step();
  startFlood(tunnel, frame(ike(3)));
  rig.step();
  const before = rig.kernel.sockets[count]?.sent.length ?? 0;
  for (let turns = 0; turns < 5; turns++) rig.step();
  const sent = (rig.kernel.sockets[count]?.sent.length ?? 0) - before;
  ok(sent >= 5 * 64, `${sent} messages in five turns`);
});

test("peers without a key come back as they like: tunnels go on, and a new client is served", async () => {
  const [rig] = await startLaneRigs({ limits: { connections: 200, rings: 96 } });
  ok(rig !== undefined);
  const tunnels = Array.from({ length: 20 }, (_, i) => openPeer(rig, [10, 9, 0, i]));
  for (let i = 0; i < tunnels.length; i++) answer(rig, i, message(37, 46));
  rig.settle();
  ok([...rig.lane.live].every(({ row }) => rowTrustedAt(rig.lane.tables, row) !== 0));
  let holders: TcpEnd[] = [];
  for (let second = 0; second < 10; second++) {
    holders = comeBack(rig, holders.filter(({ isClosed }) => !isClosed));
    const before = relayed(rig);
    for (const tunnel of tunnels) arrive(tunnel, frame(ike(second)));
    rig.step();
    rig.step();
    equal(relayed(rig) - before, tunnels.length, `the tunnels go on in second ${second}`);
    const fresh = openPeer(rig, [172, 16, 0, second]);
    ok(!fresh.isClosed);
    equal(relayed(rig) - before, tunnels.length + 1, `a new client in second ${second}`);
    for (let i = 0; i < 10; i++) {
      rig.advance(100);
      rig.step();
    }
  }
  equal(tunnels.filter(({ isClosed }) => isClosed).length, 0);
});

/** Peers of ten sources, four each, of which each begins a frame and sends an octet of it. */
function comeBack(rig: LaneRig, holders: readonly TcpEnd[]): TcpEnd[] {
  const all = [...holders];
  for (const holder of holders) arrive(holder, Uint8Array.of(7));
  for (let i = 0; i < 40; i++) {
    if (all.length >= 40) break;
    const peer = rig.connect([10, 0, 0, Math.floor(i / PER_SOURCE)]);
    arrive(peer, STREAM_PREFIX);
    arrive(peer, Uint8Array.of(0xea, 0x60, 7));
    all.push(peer);
  }
  rig.step();
  rig.step();
  return all;
}

/** A peer that has sent its prefix and a message. */
function openPeer(rig: LaneRig, address: readonly number[]): TcpEnd {
  const peer = rig.connect(address);
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(1)));
  for (let i = 0; i < 4; i++) {
    rig.advance(1);
    rig.step();
  }
  return peer;
}

/** The daemon sends a message on its n-th socket. */
function answer(rig: LaneRig, n: number, datagram: Uint8Array): void {
  const socket = rig.kernel.sockets[n];
  ok(socket !== undefined);
  socket.unread.push(datagram);
  edge(socket, EPOLLIN);
}

/** An IKE message with its marker, of this exchange and first payload (RFC 7296 §3.1). */
function message(exchange: number, first: number): Uint8Array {
  const spis = Array.from({ length: 16 }, () => 5);
  return Uint8Array.of(0, 0, 0, 0, ...spis, first, 0x20, exchange, 0x20, ...new Uint8Array(8));
}

function relayed({ kernel }: LaneRig): number {
  return kernel.sockets.reduce((sum, { sent }) => sum + sent.length, 0);
}
