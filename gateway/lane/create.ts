// Builds a lane from the shell's first message, and takes it down again.

import type { Core } from "../../ts-bindings/core.ts";
import { createFront } from "../edges/fronts.ts";
import type { NativeBatches } from "../engine/native.ts";
import { EPOLL_CLOEXEC } from "../linux/constants.ts";
import { failed } from "../linux/errno.ts";
import type { MappedMemory } from "../runtime/types.ts";
import { Status } from "../../ts-bindings/status.ts";
import { createChosenSource } from "./chosen_source.ts";
import { closeConnection } from "./close.ts";
import { createEvidence } from "./evidence.ts";
import { openInside } from "./inside_link.ts";
import type { LaneInit, LaneNotice } from "./init.ts";
import { createBusyList, type Lane } from "./lane.ts";
import { createParking } from "./parked.ts";
import { closeParked } from "./parking.ts";
import { createRefusedCalls } from "./plain.ts";
import { createRefusals } from "./refusal.ts";
import { createTables } from "./tables.ts";
import { createTimers } from "./timers.ts";
import { createTroubles } from "./trouble.ts";
import { TAG_EVENTFD, TAG_LISTENER, TAG_TUN, watch, watchLevel } from "./watch.ts";

export interface CreateLaneOptions {
  readonly init: LaneInit;
  readonly core: Core;
  readonly native: NativeBatches | null;
  readonly libc: Lane["libc"];
  readonly mapped: MappedMemory;
  readonly clock: () => number;
  readonly tell: (notice: LaneNotice) => void;
  /** Carries out ORDER_COLLECT; without it, that does nothing. */
  readonly collect?: (() => void) | undefined;
}

/**
 * Builds a lane and watches its descriptors.
 *
 * @throws {Error} If the kernel refuses the epoll set or a watch
 */
export function createLane(options: CreateLaneOptions): Lane {
  const { init, core, native, libc, clock, tell } = options;
  const { memory, index } = init;
  const epfd = libc.epoll_create1(EPOLL_CLOEXEC);
  if (epfd < 0) throw failed("Cannot make an epoll set", libc.errno());
  core.inner_offload(index, init.offload);
  const lane: Lane = {
    init,
    index,
    core,
    native,
    libc,
    tables: createTables({ memory, mapped: options.mapped, core, index }),
    timers: createTimers(init.connectionsMax),
    epfd,
    listeners: init.listeners.map(({ fd, front }) => ({ fd, front: createFront(front) })),
    tell,
    clock,
    collect: options.collect ?? ((): void => undefined),
    connections: Array.from({ length: init.connectionsMax + 1 }, () => undefined),
    live: new Set(),
    ready: [],
    spare: [],
    busy: createBusyList(),
    trustedBusy: createBusyList(),
    starved: [],
    feedAt: 0,
    retries: createTimers(init.connectionsMax),
    parking: createParking(),
    asked: [],
    inside: openInside(init.ike),
    source: createChosenSource(),
    isShortOfRings: false,
    reclaimAt: 0,
    now: clock(),
    idleMs: 0,
    nextSerial: 0,
    acceptAgainAt: 0,
    isTunReadable: init.tun >= 0,
    pinger: null,
    refused: createRefusedCalls(),
    troubles: createTroubles(),
    refusals: createRefusals(),
    evidence: createEvidence(),
    eventsTold: 0,
    isDraining: false,
    drainDueAt: 0,
    drainSeenAt: 0,
    isStopping: false,
  };
  watchAll(lane);
  return lane;
}

function watchAll(lane: Lane): void {
  const { init, listeners } = lane;
  const isWatched =
    listeners.every(({ fd }, i) =>
      watchLevel(lane, fd, { kind: TAG_LISTENER, row: i, serial: 0 })
    ) &&
    watchLevel(lane, init.eventfd, { kind: TAG_EVENTFD, row: init.eventfd, serial: 0 }) &&
    (init.tun < 0 || watch(lane, init.tun, { kind: TAG_TUN, row: 0, serial: 0 }));
  if (!isWatched) throw failed("Cannot watch a descriptor", lane.libc.errno());
}

/** Closes everything that the lane owns. Connections that have not drained end here. */
export function closeLane(lane: Lane): void {
  const { libc, init } = lane;
  for (const connection of lane.live) closeConnection(lane, connection, Status.Drained);
  closeParked(lane);
  for (const { fd } of lane.listeners) libc.close(fd);
  if (init.tun >= 0) libc.close(init.tun);
  libc.close(lane.epfd);
}
