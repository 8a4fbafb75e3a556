// The data path makes no object per packet. The real loop runs over the fake kernel, whose calls
// are replaced by ones that only move octets. The test compares what V8 allocates in turns of a few
// packets with what it allocates in as many turns of ten times the packets. Other engines do not
// count their allocations, but run the same code.

import { equal, ok } from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { getHeapStatistics } from "node:v8";
import { LANE_RECV_IOV, LANE_TX_MSG } from "../../ts-bindings/layout.ts";
import { sealPing } from "../../tests/support/echo.ts";
import { frame } from "../../tests/support/frames.ts";
import { udpPacket } from "../../tests/support/inner_packet.ts";
import { makePeer } from "../../tests/support/peers.ts";
import { type LaneRig, startLaneRig } from "../../tests/support/lane/rig.ts";
import { arrive } from "../../tests/fakes/kernel/kernel.ts";
import { installPeer, startEchoHost } from "../../tests/support/lane/peer.ts";
import { EAGAIN } from "../linux/constants.ts";
import type { Connection } from "./connection.ts";
import { type Lane, list } from "./lane.ts";
import type { LaneLibc } from "./libc.ts";
import { turn } from "./loop.ts";
import { STREAM_PREFIX } from "./stream_prefix.ts";
import { MMSGHDR_WORDS } from "./tables.ts";

/** The smallest object of V8 takes 16 octets. */
const PACKET_OCTETS_MAX = 8;
/** A turn may leave a few numbers and the store of a short list behind. */
const TURN_OCTETS_MAX = 1024;

const FEW = 6;
const MANY = 10 * FEW;
const TURNS = 2000;
/** Compilers allocate too, now and then: the quietest round counts. */
const ROUNDS = 7;

const skip = process.versions.bun !== undefined && "this heap does not count what it allocates";

test("a lane allocates nothing for a packet that it opens and answers", { skip }, async () => {
  const scene = await startScene();
  expectFlat(scene, feedTcp);
});

test("a lane allocates nothing for a packet that goes to the TUN", { skip }, async () => {
  const scene = await startScene();
  useTun(scene);
  expectFlat(scene, feedTcp);
});

test("a lane allocates nothing for a packet that comes from the TUN", { skip }, async () => {
  const scene = await startScene();
  useTun(scene);
  expectFlat(scene, feedTun);
});

test("a lane allocates nothing for a packet that it relays", { skip }, async () => {
  const scene = await startScene({ isRelay: true });
  expectFlat(scene, feedTcp);
});

test("a lane allocates nothing for a datagram that it relays", { skip }, async () => {
  const scene = await startScene({ isRelay: true });
  expectFlat(scene, feedUpstream);
});

/** The octets that one call of the quiet kernel moves. */
interface Supply {
  /** A frame for `readv`, a packet for `read`, a datagram for `recvmmsg`. */
  readonly frame: Uint8Array;
  readonly packet: Uint8Array;
  readonly datagram: Uint8Array;
  /** Of these, how many the kernel still has. */
  left: number;
  /** Calls that have taken something out of the lane. */
  taken: number;
}

interface Scene {
  readonly rig: LaneRig;
  readonly lane: Lane;
  readonly connection: Connection;
  readonly supply: Supply;
}

/** A lane with one enabled connection, whose next batches come from the quiet kernel. */
async function startScene({ isRelay = false } = {}): Promise<Scene> {
  const rig = await startLaneRig();
  const { lane } = rig;
  const peer = makePeer();
  startEchoHost(rig);
  if (!isRelay) installPeer(rig, peer, { number: 1, replayWindow: 0 });
  const first = frame(sealPing(peer));
  const end = rig.connect();
  arrive(end, STREAM_PREFIX);
  arrive(end, first);
  rig.settle();
  const connection = lane.connections.find((each) => each !== undefined);
  ok(connection !== undefined);
  const fromHost = { source: peer.ends.destination, destination: peer.ends.source };
  const supply: Supply = {
    frame: new Uint8Array(first),
    packet: udpPacket(fromHost, { data: new Uint8Array(64) }),
    datagram: new Uint8Array(first.subarray(2)),
    left: 0,
    taken: 0,
  };
  // Addresses of the fake kernel are offsets.
  Object.assign(lane.libc, quietCalls(rig, supply));
  return { rig, lane, connection, supply };
}

type Feed = (scene: Scene, packets: number) => void;

/** Frames arrive, and the lane takes a turn. */
function feedTcp({ lane, connection, supply }: Scene, packets: number): void {
  supply.left = packets;
  connection.isReadable = true;
  list(lane, connection);
  turn(lane, 0);
}

/** Packets lie in the TUN, and the lane takes a turn. */
function feedTun({ lane, supply }: Scene, packets: number): void {
  supply.left = packets;
  lane.isTunReadable = true;
  turn(lane, 0);
}

/** Datagrams come from the daemon, and the lane takes a turn. */
function feedUpstream({ lane, connection, supply }: Scene, packets: number): void {
  supply.left = packets;
  connection.isUpstreamReadable = true;
  list(lane, connection);
  turn(lane, 0);
}

/**
 * Makes the inner side a TUN from here on. The lane does not wait for its events: the test says
 * when it is readable.
 */
function useTun({ lane }: Scene): void {
  Object.assign(lane.init, { tun: 1000 });
}

/** Expects that ten times the packets in as many turns allocate no more. */
function expectFlat(scene: Scene, feed: Feed): void {
  const run = (packets: number): number => {
    const [taken, before] = [scene.supply.taken, allocated()];
    for (let i = 0; i < TURNS; i++) feed(scene, packets);
    const octets = allocated() - before;
    equal(scene.supply.left, 0);
    ok(scene.supply.taken - taken >= TURNS, "packets went through");
    return octets;
  };
  const rounds = Array.from({ length: ROUNDS }, () => ({ few: run(FEW), many: run(MANY) }));
  const few = Math.min(...rounds.map((round) => round.few));
  const many = Math.min(...rounds.map((round) => round.many));
  const perPacket = (many - few) / (TURNS * (MANY - FEW));
  ok(perPacket < PACKET_OCTETS_MAX, `${perPacket} octets allocated for each packet`);
  ok(few / TURNS < TURN_OCTETS_MAX, `${few / TURNS} octets allocated for each turn`);
}

const IOVEC_LEN = 16;

/** System calls that move octets and make nothing. */
function quietCalls({ lane, kernel }: LaneRig, supply: Supply): Partial<LaneLibc> {
  const { u8, u32, block, upReadAt, upReadLen, upParts } = lane.tables;
  const message = block + LANE_TX_MSG;
  const word = (at: number): number => u32[at >>> 2] ?? 0;
  kernel.lastErrno = EAGAIN;

  function put(octets: Uint8Array, at: number): number {
    for (let i = 0; i < octets.length; i++) u8[at + i] = octets[i] ?? 0;
    return octets.length;
  }

  function one(octets: Uint8Array, at: number): number {
    if (supply.left === 0) return -1;
    supply.left--;
    return put(octets, at);
  }

  function take(result: number): number {
    supply.taken++;
    return result;
  }

  function sumOf(iov: number, count: number): number {
    let octets = 0;
    for (let i = 0; i < count; i++) octets += word(iov + IOVEC_LEN * i + 8);
    return octets;
  }

  function readFrames(): number {
    const iov = block + LANE_RECV_IOV;
    const room = word(iov + 8);
    const { length } = supply.frame;
    const octets = supply.left * length;
    supply.left = 0;
    for (let i = 0; i < octets; i++) {
      const at = i < room ? word(iov) + i : word(iov + IOVEC_LEN) + i - room;
      u8[at] = supply.frame[i % length] ?? 0;
    }
    return octets > 0 ? octets : -1;
  }

  function receiveDatagrams(room: number): number {
    let count = 0;
    while (count < room && supply.left > 0) {
      const at = Number(upReadAt) + 4 * MMSGHDR_WORDS * count;
      u32[(at + 40) >>> 2] = 0;
      u32[upReadLen + MMSGHDR_WORDS * count] = one(supply.datagram, word(word(at + 16)));
      count++;
    }
    return count > 0 ? count : -1;
  }

  function datagramsIn(sends: number): number {
    let count = 0;
    for (let i = 0; i < sends; i++) count += u32[upParts + MMSGHDR_WORDS * i] ?? 0;
    supply.taken += count;
    return sends;
  }

  return {
    readv: readFrames,
    read: (_fd, at) => one(supply.packet, Number(at)),
    recvmmsg: (_fd, _messages, room) => receiveDatagrams(room),
    writev: (_fd, iov, count) => take(sumOf(Number(iov), count)),
    sendmmsg: (_fd, _messages, count) => datagramsIn(count),
    sendmsg: () => take(sumOf(word(message + 16), word(message + 24))),
  };
}

/** Octets that V8 has allocated since its start, collected or not. */
function allocated(): number {
  const octets = Object.entries(getHeapStatistics())
    .find(([name]) => name === "total_allocated_bytes")?.[1];
  ok(typeof octets === "number");
  return octets;
}
