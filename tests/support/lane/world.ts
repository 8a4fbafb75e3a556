// A gateway of several lanes in a world that a seed drives. Peers and a daemon send, room comes and
// goes, connections are reset and kicked, descriptors are used again. Lanes take their turns one by
// one in any order; far ends act between any two of a lane's system calls.
//
// Every message carries the id of its connection and a number of its own, so that `checkWorld`
// finds out what has become of each.

import { Buffer } from "node:buffer";
import { COMMAND_KICK, pushCommand } from "../../../gateway/lane/commands.ts";
import { rowGeneration } from "../../../gateway/lane/row.ts";
import { STREAM_PREFIX } from "../../../gateway/lane/stream_prefix.ts";
import { EPOLLIN } from "../../../gateway/linux/constants.ts";
import {
  edge,
  type FakeKernel,
  openEnd,
  type TcpEnd,
  type TunEnd,
  tunEnd,
  type UdpEnd,
} from "../../fakes/kernel/descriptors.ts";
import { arrive, makeRoom, sendFin, sendReset } from "../../fakes/kernel/kernel.ts";
import { sealEsp } from "../esp.ts";
import { frame } from "../frames.ts";
import { udpPacket } from "../inner_packet.ts";
import { makePeer, type Peer } from "../peers.ts";
import { createRandom, type Random } from "../random.ts";
import { installPeer } from "./peer.ts";
import { type LaneRig, startLaneRigs } from "./rig.ts";

const LANES = 3;
export const CONNECTIONS = 6;
/** Fewer than connections: some have to wait. */
export const RINGS = 5;
const PEERS = 4;

/** Turns that all lanes may take before nothing is left to do. */
const REST_TURNS_MAX = 2000;

/** How a connection was ended, if the world ended it: the world closes nothing by itself. */
export type Ending = "none" | "fin" | "reset" | "kick";

/** The far end of a connection. */
export interface Far {
  readonly id: number;
  readonly lane: number;
  readonly end: TcpEnd;
  /** Octets that are on their way. */
  readonly pending: number[];
  /** Messages for the daemon, as they were sent. */
  readonly sent: string[];
  /** Numbers of the inner packets that were sent on it. */
  readonly inner: number[];
  /** Messages that the daemon has sent to it, by kind. */
  readonly fromDaemon: { ike: number; esp: number };
  /** Peers whose packets were sent on it: it may have been their path. */
  readonly peers: Set<Peer>;
  ending: Ending;
}

export interface World {
  readonly random: Random;
  readonly kernel: FakeKernel;
  readonly lanes: readonly LaneRig[];
  readonly tuns: readonly TunEnd[];
  readonly peers: readonly Peer[];
  readonly fars: Far[];
  /** The far ends do nothing for now. */
  isQuiet: boolean;
  /** Inner packets made so far, both ways. */
  innerCount: number;
  /** The peer that each inner packet from the host is for, and the lane that has read it. */
  readonly fromHost: Map<number, { readonly peer: Peer; readonly lane: number }>;
  readonly driven: Driven;
}

/** How often the lanes were driven into the states that the tests are about. */
export interface Driven {
  /** Lanes slept with octets that the kernel did not take. */
  blocked: number;
  /** Lanes slept with datagrams that the reserve could not take. */
  heldBack: number;
  /** Connections waited for a ring. */
  starved: number;
}

/** Starts the gateway; nobody has connected yet. */
export async function startWorld(seed: number): Promise<World> {
  const tuns: TunEnd[] = [];
  const lanes = await startLaneRigs({
    limits: { lanes: LANES, connections: CONNECTIONS, rings: RINGS },
    open: (kernel) => {
      const tun = tunEnd();
      tuns.push(tun);
      return { tun: openEnd(kernel, tun) };
    },
  });
  const [first] = lanes;
  if (first === undefined) throw new Error("There is no lane");
  const peers = Array.from({ length: PEERS }, () => makePeer());
  peers.forEach((peer, i) => installPeer(first, peer, { number: i + 1, replayWindow: 4096 }));
  const world: World = {
    random: createRandom(seed),
    kernel: first.kernel,
    lanes,
    tuns,
    peers,
    fars: [],
    isQuiet: false,
    innerCount: 0,
    fromHost: new Map(),
    driven: { blocked: 0, heldBack: 0, starved: 0 },
  };
  first.kernel.onCall = () => {
    if (!world.isQuiet && world.random.below(8) === 0) happen(world);
  };
  return world;
}

/** One step: something happens, or a lane takes a turn, or time passes. */
export function step(world: World): void {
  const { random } = world;
  switch (random.below(12)) {
    case 0:
      connect(world);
      return;
    case 1:
      if (random.below(4) === 0) end(world);
      return;
    case 2:
      world.lanes[0]?.advance(random.below(6));
      return;
    case 3:
      if (random.below(4) === 0) rest(world);
      return;
    case 4:
    case 5:
    case 6:
      happen(world);
      return;
    default:
      takeTurn(world);
  }
}

/** Lets one thing happen at a far end. */
function happen(world: World): void {
  const { random } = world;
  const far = random.pick(world.fars.filter(isLive));
  if (far === undefined) return;
  switch (random.below(8)) {
    case 0:
      sendToDaemon(world, far);
      return;
    case 1:
      sendInner(world, far);
      return;
    case 2:
    case 3:
      deliver(far, 1 + random.below(2000));
      return;
    case 4:
      makeRoom(far.end, random.pick([1, 40, 3000, 90_000]) ?? 0);
      return;
    case 5:
      far.end.space = random.pick([0, 0, 1, 700]) ?? 0;
      return;
    case 6:
      daemonSends(world, far);
      return;
    default:
      hostSends(world);
  }
}

function connect(world: World): void {
  const { random, fars } = world;
  if (fars.filter((far) => !far.end.isClosed).length >= CONNECTIONS) return;
  const lane = random.below(LANES);
  const id = fars.length;
  const end = world.lanes[lane]?.connect([192, 0, 2 + (id >> 8), id & 255]);
  if (end === undefined) return;
  end.space = 500;
  const far: Far = {
    id,
    lane,
    end,
    pending: [...STREAM_PREFIX],
    sent: [],
    inner: [],
    fromDaemon: { ike: 0, esp: 0 },
    peers: new Set(),
    ending: "none",
  };
  fars.push(far);
  send(far, "ike", 40);
}

/** A message of `len` octets that carries its connection's id and its own number. */
export function tagged(
  kind: "ike" | "esp",
  [id, n]: readonly [number, number],
  len: number,
): Buffer {
  const message = Buffer.alloc(len, n & 255);
  message.writeUInt32BE(kind === "ike" ? 0 : FOREIGN_SPI, 0);
  message.writeUInt32BE(id, 4);
  message.writeUInt32BE(n, 8);
  return message;
}

/** The message as a text: kind, connection, number, and whether all its octets are unchanged. */
export function nameOf(message: Uint8Array): string {
  const octets = Buffer.from(message);
  const kind = octets.readUInt32BE(0) === 0 ? "ike" : "esp";
  const id = octets.readUInt32BE(4);
  const n = octets.readUInt32BE(8);
  const isWhole = octets.equals(tagged(kind, [id, n], octets.length));
  return `${kind} ${id} ${n}${isWhole ? "" : " spoilt"}`;
}

function send(far: Far, kind: "ike" | "esp", len: number): void {
  const message = tagged(kind, [far.id, far.sent.length], len);
  far.sent.push(nameOf(message));
  far.pending.push(...frame(message));
}

function sendToDaemon({ random }: World, far: Far): void {
  const count = 1 + random.below(10);
  const len = 40 + random.below(1400);
  for (let i = 0; i < count; i++) send(far, random.below(3) === 0 ? "ike" : "esp", len);
}

function sendInner(world: World, far: Far): void {
  const { random } = world;
  const peer = random.pick(world.peers);
  if (peer === undefined) return;
  far.peers.add(peer);
  for (let i = random.below(4); i >= 0; i--) {
    const n = world.innerCount++;
    far.inner.push(n);
    far.pending.push(...frame(sealEsp(peer.inbound, udpPacket(peer.ends, { data: data(n, 40) }))));
  }
}

/** The data of inner packet `n`. */
function data(n: number, len: number): Buffer {
  const octets = Buffer.alloc(len, n & 255);
  octets.writeUInt32BE(n, 0);
  return octets;
}

function deliver(far: Far, octets: number): void {
  arrive(far.end, Uint8Array.from(far.pending.splice(0, octets)));
}

function daemonSends({ random, kernel }: World, far: Far): void {
  const socket = upstreamOf(kernel, far);
  if (socket === undefined || socket.isClosed) return;
  if (random.below(3) === 0) socket.space = 0;
  if (random.below(3) === 0) makeRoom(socket, 1 + random.below(40));
  for (let i = random.below(6); i >= 0; i--) {
    const kind = random.below(2) === 0 ? "ike" : "esp";
    const len = random.pick([40, 100, 1400, 1400, 9000, 65_507]) ?? 40;
    socket.unread.push(tagged(kind, [far.id, far.fromDaemon[kind]++], len));
  }
  edge(socket, EPOLLIN);
}

/**
 * The socket to the daemon of a connection, if it has one yet; its first message says whose it is.
 */
export function upstreamOf(kernel: FakeKernel, far: Far): UdpEnd | undefined {
  return kernel.sockets.find(({ sent: [first] }) =>
    first !== undefined && Buffer.from(first).readUInt32BE(4) === far.id
  );
}

function hostSends(world: World): void {
  const { random } = world;
  const lane = random.below(LANES);
  const tun = world.tuns[lane];
  if (tun === undefined) return;
  for (let i = random.below(30); i >= 0; i--) {
    const peer = random.pick(world.peers);
    if (peer === undefined) return;
    const n = world.innerCount++;
    world.fromHost.set(n, { peer, lane });
    const ends = { source: peer.ends.destination, destination: peer.ends.source };
    tun.unread.push(udpPacket(ends, { data: data(n, 4 + random.below(1300)) }));
  }
  edge(tun, EPOLLIN);
}

function end(world: World): void {
  const far = world.random.pick(world.fars.filter(isLive));
  if (far === undefined) return;
  far.ending = world.random.pick(["fin", "reset", "kick"]) ?? "none";
  if (far.ending === "reset") sendReset(far.end);
  if (far.ending === "kick") kick(world, far);
  if (far.ending !== "fin") return;
  deliver(far, far.pending.length);
  sendFin(far.end);
}

/**
 * Orders the end of a connection, as the shell does; one that the lane has not accepted yet is
 * reset.
 */
function kick({ kernel, lanes }: World, far: Far): void {
  const lane = lanes[far.lane]?.lane;
  const connection = lane?.connections.find((each) =>
    each !== undefined && kernel.ends.get(each.fd) === far.end
  );
  if (lane === undefined || connection === undefined) {
    sendReset(far.end);
    return;
  }
  const { row } = connection;
  const generation = rowGeneration(lane.tables, row);
  pushCommand(lane.tables.i32, lane.tables.block, [COMMAND_KICK, row, generation]);
  lane.libc.write(lane.init.eventfd, lane.tables.oneAt, 8);
}

function isLive(far: Far): boolean {
  return far.ending === "none";
}

/** A lane that is awake takes a turn. */
function takeTurn(world: World): boolean {
  const lane = world.random.pick(world.lanes.filter((each) => each.isAwake()));
  lane?.step();
  return lane !== undefined;
}

/**
 * Takes turns until all lanes sleep.
 *
 * @throws {Error} If they do not: what is left to do cannot be done now, and a lane tries it again
 * and again
 */
export function rest(world: World): void {
  world.isQuiet = true;
  for (let turns = 0; takeTurn(world); turns++) {
    if (turns > REST_TURNS_MAX) throw new Error("The lanes do not come to rest");
  }
  world.isQuiet = false;
  noteDriven(world);
}

/** Notes the states in which the lanes have gone to sleep. */
function noteDriven({ driven, fars, kernel, lanes }: World): void {
  driven.blocked += fars.filter(({ end }) => !end.isClosed && end.isWaitingForSpace).length;
  driven.heldBack +=
    kernel.sockets.filter((each) => !each.isClosed && each.unread.length > 0).length;
  for (const { lane } of lanes) driven.starved += lane.starved.length;
}

/** Clears every obstacle, so that everything leaves that can. */
export function finish(world: World): void {
  const { kernel, fars } = world;
  for (let round = 0; round < FINISH_ROUNDS; round++) {
    for (const far of fars) {
      if (isLive(far)) deliver(far, far.pending.length);
      makeRoom(far.end, 1e9);
    }
    for (const socket of kernel.sockets) makeRoom(socket, 1e9);
    rest(world);
    // Connections without a ring try again.
    world.lanes[0]?.advance(5);
  }
}

/** Rounds that finish everything: a ring passes on as often as connections can wait for one. */
const FINISH_ROUNDS = 3 * CONNECTIONS;

/** An SPI that nobody here has. */
export const FOREIGN_SPI = 0x0bad_cafe;
