// A connection that has used up a budget waits for the next one only with the direction that has
// used it (docs/design/architecture.md, threads).

import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { edge, type TcpEnd, type UdpEnd } from "../../tests/fakes/kernel/descriptors.ts";
import { arrive, makeRoom, startFlood } from "../../tests/fakes/kernel/kernel.ts";
import { type LaneRig, startLaneRigs } from "../../tests/support/lane/rig.ts";
import { counted, foreignEsp, frame, ike } from "../../tests/support/lane/traffic.ts";
import { Status } from "../../ts-bindings/status.ts";
import { EPOLLIN } from "../linux/constants.ts";
import { COMMAND_KICK } from "./commands.ts";
import { hasListed } from "./lane.ts";
import { rowGeneration } from "./row.ts";
import { STREAM_PREFIX } from "./stream_prefix.ts";

const BUSY = 50;

test("an answer to a connection that sends bulk leaves in the next turn, however many are busy", async () => {
  const { rig, clients: [client] } = await startClients();
  startFloods(rig);
  client.upstream.unread.push(new Uint8Array(ike(9)));
  edge(client.upstream, EPOLLIN);
  rig.step();
  deepEqual(client.end.sent, [...frame(ike(9))]);
});

test("what is queued for a connection that sends bulk leaves in the turn in which there is room", async () => {
  const { rig, clients: [client] } = await startClients();
  client.end.space = 5;
  client.upstream.unread.push(new Uint8Array(ike(9)));
  edge(client.upstream, EPOLLIN);
  startFloods(rig);
  equal(client.end.sent.length, 5);
  makeRoom(client.end, Infinity);
  rig.step();
  deepEqual(client.end.sent, [...frame(ike(9))]);
});

test("IKE of a client whose daemon sends bulk is relayed in the next turn, however many are busy", async () => {
  const { rig, clients } = await startClients();
  for (const { upstream } of clients) pour(upstream);
  rig.step();
  const [{ end, upstream }] = clients;
  arrive(end, frame(ike(9)));
  rig.step();
  deepEqual(upstream.sent.map((message) => message.at(-1)), [0, 9]);
});

test("news of a busy connection is no budget more: a turn serves one", async () => {
  const { rig, clients } = await startClients();
  for (const { upstream } of clients) pour(upstream);
  rig.step();
  for (const { end, upstream } of clients) {
    startFlood(end, frame(ike(1)));
    edge(upstream, EPOLLIN);
  }
  rig.step();
  const before = moved(clients);
  for (let turns = 1; turns <= BUSY; turns++) {
    // Octets that arrive meanwhile make edges.
    for (const { end, upstream } of clients) {
      edge(end, EPOLLIN);
      edge(upstream, EPOLLIN);
    }
    rig.step();
    const { read, relayed } = moved(clients);
    ok(
      read - before.read <= turns * BUDGET_READS,
      `${read - before.read} of the daemons' ${turns}`,
    );
    ok(relayed - before.relayed <= turns * BUDGET_FRAMES, `${relayed - before.relayed} relayed`);
  }
  for (const { upstream } of clients) {
    ok(POURED - upstream.unread.length > BUDGET_READS, "each has had a second budget");
  }
});

test("a busy connection that is kicked closes in the next turn, and is kept in no list", async () => {
  const { rig, clients } = await startClients();
  startFloods(rig);
  // Now both lists hold connections: those in `again` have had a second budget, and those in `busy`
  // wait for it.
  for (let turns = 0; turns < BUSY / 2; turns++) rig.step();
  for (let row = 2; row <= BUSY; row++) {
    rig.command([COMMAND_KICK, row, rowGeneration(rig.lane.tables, row)]);
  }
  rig.step();
  equal(clients.filter(({ end }) => end.isClosed).length, BUSY - 1);
  equal(counted(rig, Status.Kicked), BUSY - 1);
  const { now, at, again } = rig.lane.busy;
  ok(again.length + now.length - at <= 1);
  rig.step();
  ok(hasListed(rig.lane), "the one that is left has its turn");
});

interface Client {
  readonly end: TcpEnd;
  readonly upstream: UdpEnd;
}

type Clients = readonly [Client, ...Client[]];

/** Clients in use, all at rest. */
async function startClients(): Promise<{ rig: LaneRig; clients: Clients }> {
  const [rig] = await startLaneRigs({ limits: { connections: BUSY, rings: 4 * BUSY } });
  ok(rig !== undefined);
  const clients = Array.from({ length: BUSY }, (_, i) => openClient(rig, [192, 0, 2, i]));
  const [first, ...others] = clients;
  ok(first !== undefined);
  return { rig, clients: [first, ...others] };
}

function openClient(rig: LaneRig, address: readonly number[]): Client {
  const end = rig.connect(address);
  arrive(end, STREAM_PREFIX);
  arrive(end, frame(ike(0)));
  rig.settle();
  const upstream = rig.kernel.sockets.at(-1);
  ok(upstream !== undefined);
  return { end, upstream };
}

/** All clients send bulk from here on, and have used up a budget each. */
function startFloods({ kernel, step }: LaneRig): void {
  for (const end of kernel.ends.values()) {
    if (end.kind === "tcp") startFlood(end, frame([]));
  }
  step();
}

/** Datagrams in one budget: 22 reads of up to three. */
const BUDGET_READS = 66;
/** Frames in one budget: two batches. */
const BUDGET_FRAMES = 128;
/** More than a few budgets. */
const POURED = 300;

/** A daemon sends more than its budget takes. */
function pour(upstream: UdpEnd): void {
  for (let i = 0; i < POURED; i++) upstream.unread.push(new Uint8Array(foreignEsp(64, i & 0x7f)));
  edge(upstream, EPOLLIN);
}

/**
 * Datagrams read from the daemons since they began to pour, and all datagrams relayed to them until
 * now.
 */
function moved(clients: Clients): { read: number; relayed: number } {
  const left = clients.reduce((sum, { upstream }) => sum + upstream.unread.length, 0);
  const relayed = clients.reduce((sum, { upstream }) => sum + upstream.sent.length, 0);
  return { read: POURED * clients.length - left, relayed };
}
