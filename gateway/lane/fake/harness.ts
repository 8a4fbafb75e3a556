// A lane on the fake kernel: the real core, the real loop, one turn at a time, and a clock that the test moves.

import { EPOLL_MAX, OFFLOAD_NONE } from "../../../ts-bindings/layout.ts";
import { type Core, instantiateCore, loadCore, planMemory } from "../../../ts-bindings/core.ts";
import { AF_INET } from "../../linux/constants.ts";
import { emitSockaddr } from "../../linux/structs.ts";
import { runtime } from "../../runtime/mod.ts";
import { createLane } from "../create.ts";
import type { LaneInit, LaneNotice } from "../init.ts";
import type { Lane } from "../lane.ts";
import { turn } from "../loop.ts";
import type { EventfdEnd, ListenerEnd, TcpEnd } from "./descriptors.ts";
import { openEnd, tcpEnd } from "./descriptors.ts";
import { createFakeKernel, type FakeKernel, fakeLibc, fakeMapping } from "./kernel.ts";

const LIMITS = { lanes: 1, connections: 8, sas: 64, rings: 12, innerMtu: 1400 };

/** A lane, and the test's hands on it. */
export interface FakeLane {
  readonly lane: Lane;
  readonly core: Core;
  readonly kernel: FakeKernel;
  readonly listener: ListenerEnd;
  readonly notices: LaneNotice[];
  /** Moves the clock, ms. */
  advance(ms: number): void;
  /** Turns until the lane would sleep. */
  settle(): void;
  /** A peer connects; its end, accepted at the next turn. */
  connect(address?: readonly number[]): TcpEnd;
}

/** Turns that a lane may take before it sleeps: more is a busy loop. */
const TURNS_MAX = 1000;

/** Starts one; `open` gives it descriptors of its own. */
export async function startFakeLane(
  overrides: Partial<LaneInit> = {},
  open: (kernel: FakeKernel) => Partial<LaneInit> = () => ({}),
): Promise<FakeLane> {
  const { module } = await loadCore(runtime.readCore);
  const memory = planMemory(module, LIMITS);
  const core = instantiateCore({ module, memory });
  const { lanes, connections, sas, rings, innerMtu } = LIMITS;
  core.core_init(lanes, connections, sas, rings, innerMtu, 0, 0, 4, 4);
  const kernel = createFakeKernel(memory);
  const listener: ListenerEnd = {
    kind: "listener",
    watch: undefined,
    waiting: [],
    failures: [],
    isClosed: false,
  };
  const kicks: EventfdEnd = { kind: "eventfd", watch: undefined, count: 0, isClosed: false };
  const eventfd = openEnd(kernel, kicks);
  let now = 1000;
  const notices: LaneNotice[] = [];
  const lane = createLane({
    init: {
      module,
      memory,
      native: null,
      index: 0,
      lanes: 1,
      connectionsMax: connections,
      innerMtu,
      listeners: [openEnd(kernel, listener)],
      tun: -1,
      offload: OFFLOAD_NONE,
      eventfd,
      eventfds: [eventfd],
      upstream: {
        family: AF_INET,
        address: emitSockaddr({ octets: new Uint8Array([127, 0, 0, 1]), port: 4500 }),
        source: null,
      },
      prefixTimeoutMs: 5000,
      frameTimeoutMs: 30_000,
      idleTimeoutMs: 0,
      drainTimeoutMs: 5000,
      ...overrides,
      ...open(kernel),
    },
    core,
    native: null,
    libc: fakeLibc(kernel),
    mapped: fakeMapping(),
    clock: () => now,
    tell: (notice) => void notices.push(notice),
  });

  function step(): void {
    lane.now = now;
    turn(lane, lane.libc.epoll_wait(lane.epfd, lane.tables.epollAt, EPOLL_MAX, 0));
  }

  function settle(): void {
    step();
    for (let turns = 0; lane.ready.length > 0; turns++) {
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

  return {
    lane,
    core,
    kernel,
    listener,
    notices,
    advance: (ms) => void (now += ms),
    settle,
    connect,
  };
}
