import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { edge, type TcpEnd } from "../../tests/fakes/kernel/descriptors.ts";
import { arrive, sendReset } from "../../tests/fakes/kernel/kernel.ts";
import { type LaneRig, startLaneRigs } from "../../tests/support/lane/rig.ts";
import { counted, frame, ike } from "../../tests/support/lane/traffic.ts";
import { ROW_LEN, ROW_VALID_AT } from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import { EPOLLIN } from "../linux/constants.ts";
import { STREAM_PREFIX } from "./stream_prefix.ts";

/** Peers that hold all rings for those who have not proved a key, which are half of all. */
const HOLDERS = 12;
const RINGS = 2 * HOLDERS;
/** The rig's frame timeout is 30 s. */
const PATIENCE_MS = 1500;
const KEEPALIVE = frame([0xff]);

/**
 * Lanes with few rings, and peers that hold all of them by the first octet of a frame. `before`
 * runs before that octet comes.
 */
async function startScarce(
  lanes: number,
  before: (rig: LaneRig) => void = () => undefined,
): Promise<{ rigs: LaneRig[]; holders: TcpEnd[] }> {
  const rigs = await startLaneRigs({ limits: { lanes, connections: 64, rings: RINGS } });
  const holders = Array.from({ length: HOLDERS }, (_, i) => connectTo(rigs, 10 + (i >> 2)));
  if (rigs[0] !== undefined) before(rigs[0]);
  settle(rigs);
  for (const holder of holders) arrive(holder, KEEPALIVE.subarray(0, 1));
  settle(rigs);
  return { rigs, holders };
}

/** A peer that has sent its prefix and a message, to the first lane. */
function connectTo(rigs: readonly LaneRig[], net: number): TcpEnd {
  const [rig] = rigs;
  ok(rig !== undefined);
  const end = rig.connect([10, 0, net, 1]);
  arrive(end, STREAM_PREFIX);
  arrive(end, frame(ike(1)));
  settle(rigs);
  return end;
}

/** Lets time pass: a turn of each lane in each tenth of a second. */
function pass(rigs: readonly LaneRig[], ms: number): void {
  for (let at = 0; at < ms; at += 100) {
    rigs[0]?.advance(100);
    for (let i = 0; i < 5; i++) for (const rig of rigs) rig.step();
  }
}

function settle(rigs: readonly LaneRig[]): void {
  for (let i = 0; i < 20; i++) for (const rig of rigs) rig.step();
}

function relayed({ kernel }: LaneRig): number {
  return kernel.sockets.reduce((sum, { sent }) => sum + sent.length, 0);
}

function closed(ends: readonly TcpEnd[]): number {
  return ends.filter(({ isClosed }) => isClosed).length;
}

test("nobody keeps all rings by a begun frame, however often it begins another", async () => {
  const { rigs, holders } = await startScarce(1);
  const [rig] = rigs;
  ok(rig !== undefined);
  const before = relayed(rig);
  const victim = rig.connect();
  arrive(victim, STREAM_PREFIX);
  arrive(victim, frame(ike(2)));
  for (let second = 0; second < 3; second++) {
    pass(rigs, 1000);
    for (const holder of holders) {
      arrive(holder, new Uint8Array([...KEEPALIVE.subarray(1), ...KEEPALIVE.subarray(0, 1)]));
    }
  }
  equal(relayed(rig), before + 1);
  ok(!victim.isClosed);
  equal(closed(holders), 2, "one ring was wanted, and one for an answer");
  equal(counted(rig, Status.FrameTimeout), 2);
});

test("as long as there are rings a frame has all of its time", async () => {
  const { rigs, holders } = await startScarce(1);
  pass(rigs, 10 * PATIENCE_MS);
  equal(closed(holders), 0);
});

test("the one that has been without valid traffic for longest is the first", async () => {
  const { rigs, holders } = await startScarce(1, (rig) => {
    rig.advance(100);
    // The daemon answers all but the third and the eighth.
    for (const [i, socket] of rig.kernel.sockets.entries()) {
      if (i === 2 || i === 7) continue;
      socket.unread.push(new Uint8Array(ike(9)));
      edge(socket, EPOLLIN);
    }
  });
  pass(rigs, PATIENCE_MS + 100);
  connectTo(rigs, 99);
  pass(rigs, 100);
  ok(holders[2]?.isClosed && holders[7]?.isClosed);
  equal(closed(holders), 2);
});

test("nobody is ended who says something valid, however long the ring is not empty", async () => {
  const { rigs, holders } = await startScarce(1);
  const [rig] = rigs;
  ok(rig !== undefined);
  for (let second = 0; second < 4; second++) {
    pass(rigs, 1000);
    for (const connection of rig.lane.live) {
      const { rows, f64 } = rig.lane.tables;
      f64[(rows + connection.row * ROW_LEN + ROW_VALID_AT) / 8] = rig.lane.now;
    }
    if (second === 2) connectTo(rigs, 99);
  }
  equal(closed(holders), 0);
});

test("a reset on a connection without a ring is noticed", async () => {
  const { rigs } = await startScarce(1);
  const [rig] = rigs;
  ok(rig !== undefined);
  const gone = rig.connect();
  arrive(gone, STREAM_PREFIX);
  settle(rigs);
  sendReset(gone);
  pass(rigs, PATIENCE_MS + 500);
  ok(gone.isClosed);
  equal(counted(rig, Status.PeerReset), 1);
});

test("rings that another lane's connections hold come back too", async () => {
  const { rigs, holders } = await startScarce(2);
  const [first, second] = rigs;
  ok(first !== undefined && second !== undefined);
  const victim = second.connect();
  arrive(victim, STREAM_PREFIX);
  arrive(victim, frame(ike(2)));
  const before = relayed(second);
  pass(rigs, PATIENCE_MS + 1000);
  equal(relayed(second), before + 1);
  ok(closed(holders) > 0 && closed(holders) < holders.length, `${closed(holders)} were ended`);
});
