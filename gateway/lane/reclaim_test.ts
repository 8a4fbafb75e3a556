import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { edge, type TcpEnd } from "../../tests/fakes/kernel/descriptors.ts";
import { arrive, sendReset } from "../../tests/fakes/kernel/kernel.ts";
import { type FakeLane, startFakeLanes } from "../../tests/support/lane/test_lane.ts";
import { counted, frame, ike } from "../../tests/support/lane/traffic.ts";
import { ROW_VALID_AT } from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import { EPOLLIN } from "../linux/constants.ts";
import { rowOffset } from "./lane.ts";
import { STREAM_PREFIX } from "./stream_prefix.ts";

const RINGS = 12;
/** The fake's frame timeout is 30 s. */
const PATIENCE_MS = 1500;
const KEEPALIVE = frame([0xff]);

/** Lanes with few rings, and peers that hold all of them by the first octet of a frame; `before` runs before that octet comes. */
async function startScarce(
  lanes: number,
  before: (fake: FakeLane) => void = () => undefined,
): Promise<{ fakes: FakeLane[]; holders: TcpEnd[] }> {
  const fakes = await startFakeLanes({ limits: { lanes, connections: 64, rings: RINGS } });
  const holders = Array.from({ length: RINGS }, (_, i) => connectTo(fakes, 10 + (i >> 2)));
  if (fakes[0] !== undefined) before(fakes[0]);
  settle(fakes);
  for (const holder of holders) arrive(holder, KEEPALIVE.subarray(0, 1));
  settle(fakes);
  return { fakes, holders };
}

/** A peer that has sent its prefix and a message, to the first lane. */
function connectTo(fakes: readonly FakeLane[], net: number): TcpEnd {
  const [fake] = fakes;
  ok(fake !== undefined);
  const end = fake.connect([10, 0, net, 1]);
  arrive(end, STREAM_PREFIX);
  arrive(end, frame(ike(1)));
  settle(fakes);
  return end;
}

/** Lets time pass: a turn of each lane in each tenth of a second. */
function pass(fakes: readonly FakeLane[], ms: number): void {
  for (let at = 0; at < ms; at += 100) {
    fakes[0]?.advance(100);
    for (let i = 0; i < 5; i++) for (const fake of fakes) fake.step();
  }
}

function settle(fakes: readonly FakeLane[]): void {
  for (let i = 0; i < 20; i++) for (const fake of fakes) fake.step();
}

function relayed({ kernel }: FakeLane): number {
  return kernel.sockets.reduce((sum, { sent }) => sum + sent.length, 0);
}

function closed(ends: readonly TcpEnd[]): number {
  return ends.filter(({ isClosed }) => isClosed).length;
}

test("nobody keeps all rings by a begun frame, however often it begins another", async () => {
  const { fakes, holders } = await startScarce(1);
  const [fake] = fakes;
  ok(fake !== undefined);
  const before = relayed(fake);
  const victim = fake.connect();
  arrive(victim, STREAM_PREFIX);
  arrive(victim, frame(ike(2)));
  for (let second = 0; second < 3; second++) {
    pass(fakes, 1000);
    for (const holder of holders) {
      arrive(holder, new Uint8Array([...KEEPALIVE.subarray(1), ...KEEPALIVE.subarray(0, 1)]));
    }
  }
  equal(relayed(fake), before + 1);
  ok(!victim.isClosed);
  equal(closed(holders), 2, "one ring was wanted, and one for an answer");
  equal(counted(fake, Status.FrameTimeout), 2);
});

test("as long as there are rings a frame has all of its time", async () => {
  const { fakes, holders } = await startScarce(1);
  pass(fakes, 10 * PATIENCE_MS);
  equal(closed(holders), 0);
});

test("the one that has been without a valid word for longest is the first", async () => {
  const { fakes, holders } = await startScarce(1, (fake) => {
    fake.advance(100);
    // The daemon answers all but the third and the eighth.
    for (const [i, socket] of fake.kernel.sockets.entries()) {
      if (i === 2 || i === 7) continue;
      socket.unread.push(new Uint8Array(ike(9)));
      edge(socket, EPOLLIN);
    }
  });
  pass(fakes, PATIENCE_MS + 100);
  connectTo(fakes, 99);
  pass(fakes, 100);
  ok(holders[2]?.isClosed && holders[7]?.isClosed);
  equal(closed(holders), 2);
});

test("nobody is ended who says something valid, however long the ring is not empty", async () => {
  const { fakes, holders } = await startScarce(1);
  const [fake] = fakes;
  ok(fake !== undefined);
  for (let second = 0; second < 4; second++) {
    pass(fakes, 1000);
    for (const connection of fake.lane.live) {
      const at = rowOffset(fake.lane, connection.row) + ROW_VALID_AT;
      fake.lane.tables.f64[at / 8] = fake.lane.now;
    }
    if (second === 2) connectTo(fakes, 99);
  }
  equal(closed(holders), 0);
});

test("a reset on a connection without a ring is noticed", async () => {
  const { fakes } = await startScarce(1);
  const [fake] = fakes;
  ok(fake !== undefined);
  const gone = fake.connect();
  arrive(gone, STREAM_PREFIX);
  settle(fakes);
  sendReset(gone);
  pass(fakes, PATIENCE_MS + 500);
  ok(gone.isClosed);
  equal(counted(fake, Status.PeerReset), 1);
});

test("rings that another lane's connections hold come back too", async () => {
  const { fakes, holders } = await startScarce(2);
  const [first, second] = fakes;
  ok(first !== undefined && second !== undefined);
  const victim = second.connect();
  arrive(victim, STREAM_PREFIX);
  arrive(victim, frame(ike(2)));
  const before = relayed(second);
  pass(fakes, PATIENCE_MS + 1000);
  equal(relayed(second), before + 1);
  ok(closed(holders) > 0 && closed(holders) < holders.length, `${closed(holders)} were ended`);
});
