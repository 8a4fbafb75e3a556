// A lane rig: a real lane on the fake kernel, with the real core and the real loop. The test takes
// the turns one by one and moves the clock.

import { ok } from "node:assert/strict";
import { EPOLL_MAX, OFFLOAD_NONE } from "../../../ts-bindings/layout.ts";
import {
  type Core,
  type CoreLimits,
  instantiateCore,
  loadCore,
  planMemory,
} from "../../../ts-bindings/core.ts";
import { pushCommand, setOrder } from "../../../gateway/lane/commands.ts";
import { createLane } from "../../../gateway/lane/create.ts";
import { endsAt } from "../../../gateway/edges/ends.ts";
import type { Upstream } from "../../../gateway/edges/ike_endpoint.ts";
import { coreEnds } from "../../../gateway/lane/core_ends.ts";
import type { LaneInit, LaneNotice } from "../../../gateway/lane/init.ts";
import type { Lane } from "../../../gateway/lane/lane.ts";
import { turn, waitMs } from "../../../gateway/lane/loop.ts";
import { AF_INET } from "../../../gateway/linux/constants.ts";
import { emitSockaddr } from "../../../gateway/linux/structs.ts";
import { runtime } from "../../../gateway/runtime/mod.ts";
import {
  eventfdEnd,
  type FakeKernel,
  type ListenerEnd,
  listenerEnd,
  openEnd,
  type TcpEnd,
  tcpEnd,
} from "../../fakes/kernel/descriptors.ts";
import {
  createFakeKernel,
  createFakeLibc,
  createFakeMapping,
  hasEvents,
} from "../../fakes/kernel/kernel.ts";

const LIMITS: CoreLimits = { lanes: 1, connections: 8, sas: 64, rings: 12, innerMtu: 1400 };

/** Limits that the core is given: points of the score, and connections of one source. */
const SUSPECT_LIMIT = 4;
const PER_SOURCE_MAX = 4;

/** Where IKE and relayed ESP go, unless a test says otherwise. */
const DAEMON: Upstream = {
  family: AF_INET,
  address: emitSockaddr({ octets: new Uint8Array([127, 0, 0, 1]), port: 4500 }),
  source: null,
};

/** A lane, and the means by which a test drives it. */
export interface LaneRig {
  readonly lane: Lane;
  readonly core: Core;
  readonly kernel: FakeKernel;
  readonly listener: ListenerEnd;
  readonly notices: LaneNotice[];
  /** How often the lane has collected its garbage. */
  collections(): number;
  /** Gives an order that is a flag, as the shell does. */
  order(order: number): void;
  /** Gives a command, as the shell does; false if the ring is full. */
  command(command: readonly number[]): boolean;
  /** Moves the clock, in ms. */
  advance(ms: number): void;
  /**
   * Takes turns until the lane would sleep: nothing is ready, nothing is due, no descriptor wakes
   * it.
   */
  settle(): void;
  /** Takes one turn, whether or not there is a reason for it. */
  step(): void;
  /** Whether `epoll_wait` would come back by now. */
  isAwake(): boolean;
  /** Connects a peer and returns its end; the lane accepts it at its next turn. */
  connect(address?: readonly number[]): TcpEnd;
}

/** Most turns that a lane may take before it sleeps; more is a busy loop. */
const TURNS_MAX = 1000;

/** Settings that all lanes of a gateway share, and those that each has for itself. */
export interface LaneRigsOptions {
  readonly limits?: Partial<CoreLimits>;
  /** Connections of one source; default 4. */
  readonly perSourceMax?: number;
  readonly init?: Partial<LaneInit>;
  /** Gives lane `index` descriptors of its own. */
  readonly open?: (kernel: FakeKernel, index: number) => Partial<LaneInit>;
}

/** Starts one lane; `open` gives it descriptors of its own. */
export async function startLaneRig(
  init: Partial<LaneInit> = {},
  open: (kernel: FakeKernel) => Partial<LaneInit> = () => ({}),
): Promise<LaneRig> {
  const [lane] = await startLaneRigs({ init, open });
  if (lane === undefined) throw new Error("There is no lane");
  return lane;
}

/**
 * Starts the lanes of one gateway, with one core memory, one kernel and one clock. Their turns are
 * taken one by one.
 */
export async function startLaneRigs(options: LaneRigsOptions): Promise<LaneRig[]> {
  const limits = { ...LIMITS, ...options.limits };
  const { module } = await loadCore(runtime.readCore);
  const memory = planMemory(module, limits);
  const shell = instantiateCore({ module, memory });
  const { lanes, connections, sas, rings, innerMtu } = limits;
  const ends = { ...endsAt(DAEMON), ...options.init };
  const numbers = coreEnds(ends);
  shell.core_init(
    lanes,
    connections,
    sas,
    rings,
    innerMtu,
    0,
    0,
    options.perSourceMax ?? PER_SOURCE_MAX,
    SUSPECT_LIMIT,
    numbers.ike,
    numbers.unknownSpi,
  );
  const kernel = createFakeKernel(memory);
  const eventfds = Array.from({ length: lanes }, () => openEnd(kernel, eventfdEnd()));
  const time = { now: 1000 };
  return eventfds.map((eventfd, index) => {
    const listener = listenerEnd();
    const init: LaneInit = {
      module,
      memory,
      native: null,
      index,
      lanes,
      connectionsMax: connections,
      openFilesMax: Infinity,
      innerMtu,
      listeners: [{ fd: openEnd(kernel, listener), front: "plain" }],
      tun: -1,
      offload: OFFLOAD_NONE,
      sendsRuns: true,
      takesRuns: true,
      eventfd,
      eventfds,
      ike: ends.ike,
      unknownSpi: ends.unknownSpi,
      prefixTimeoutMs: 5000,
      frameTimeoutMs: 30_000,
      idleTimeoutMs: 0,
      unauthenticatedTimeoutMs: 0,
      drainTimeoutMs: 5000,
      logFormat: "text",
      ...options.init,
      ...options.open?.(kernel, index),
    };
    const core = index === 0 ? shell : instantiateCore({ module, memory });
    return openLaneRig({ init, core, kernel, listener, time });
  });
}

interface Parts {
  readonly init: LaneInit;
  readonly core: Core;
  readonly kernel: FakeKernel;
  readonly listener: ListenerEnd;
  readonly time: { now: number };
}

function openLaneRig({ init, core, kernel, listener, time }: Parts): LaneRig {
  const notices: LaneNotice[] = [];
  let collections = 0;
  const lane = createLane({
    init,
    core,
    native: null,
    libc: createFakeLibc(kernel),
    mapped: createFakeMapping(),
    clock: () => time.now,
    tell: (notice) => void notices.push(notice),
    collect: () => void collections++,
  });
  let sleptAt = time.now;

  function step(): void {
    const count = lane.libc.epoll_wait(lane.epfd, lane.tables.epollAt, EPOLL_MAX, 0);
    lane.now = time.now;
    turn(lane, count);
    sleptAt = time.now;
  }

  function isAwake(): boolean {
    const wait = waitMs(lane);
    return hasEvents(kernel, lane.epfd) || (wait >= 0 && sleptAt + wait <= time.now);
  }

  function settle(): void {
    step();
    for (let turns = 0; isAwake(); turns++) {
      if (turns > TURNS_MAX) throw new Error("The lane does not come to rest");
      step();
    }
  }

  function connect(address: readonly number[] = [192, 0, 2, 1]): TcpEnd {
    const end = tcpEnd();
    const sockaddr = emitSockaddr({ octets: Uint8Array.from(address), port: 40_000 });
    listener.waiting.push({ end, sockaddr });
    return end;
  }

  function kick(): void {
    const end = kernel.ends.get(init.eventfd);
    ok(end?.kind === "eventfd");
    end.count++;
  }

  function order(order: number): void {
    setOrder(lane.tables.i32, lane.tables.block, order);
    kick();
  }

  function command(command: readonly number[]): boolean {
    const isTaken = pushCommand(lane.tables.i32, lane.tables.block, command);
    kick();
    return isTaken;
  }

  return {
    lane,
    core,
    kernel,
    listener,
    notices,
    collections: () => collections,
    order,
    command,
    advance: (ms) => void (time.now += ms),
    settle,
    step,
    isAwake,
    connect,
  };
}
