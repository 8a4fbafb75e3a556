// Reads the counters of all lanes from shared memory when they are asked for. No lane waits for
// that.

import {
  BY_KIND_FRAMES,
  BY_KIND_OCTETS,
  CONN_ACCEPTED,
  CONN_DRAINING,
  CONN_ENABLED,
  CONN_PREFIXED,
  DELAY_BUCKETS,
  FRAME_KINDS,
  HISTOGRAM_SUM,
  INBOUND,
  LANE_BUSY_MS,
  LANE_COUNTERS,
  LANE_ECN_MARKS,
  LANE_ESP_PACKETS,
  LANE_EVENTS_LOST,
  LANE_FRAMES,
  LANE_IKE_DELAY,
  LANE_OCTETS,
  LANE_QUEUE,
  OUTBOUND,
  QUEUE_BUCKETS,
} from "../../ts-bindings/layout.ts";
import { type Fate, Status, STATUSES } from "../../ts-bindings/status.ts";
import type { ConnectionStateName } from "../model/connection_state.ts";
import type { SaDirection } from "../model/direction.ts";
import type { ByKind } from "../model/frame_kind.ts";
import type { Histogram } from "../model/histogram.ts";
import type { Totals } from "../model/totals.ts";
import { type MemoryViews, readCount, readF64 } from "./memory_views.ts";

/** Places of the counters, and the tables beside them. */
export interface TotalsOptions {
  readonly views: MemoryViews;
  /** Offsets of the lanes' blocks, octets, and last that of the shell's. */
  readonly blocks: readonly number[];
  /** Number of lanes. */
  readonly lanes: number;
  /** State of each live connection, as the core numbers them. */
  readonly states: () => Iterable<number>;
  /** Number of SAs. */
  readonly sas: () => Readonly<Record<SaDirection, number>>;
  /** Counts of the IKE of this process. */
  readonly ike: () => Totals["ike"];
  /** Lines of the log that were lost. */
  readonly logLinesLost: () => number;
  /** Monotonic ms of the lanes' clock. */
  readonly clock: () => number;
}

const STATE_NAMES: readonly (readonly [number, ConnectionStateName])[] = [
  [CONN_ACCEPTED, "accepted"],
  [CONN_PREFIXED, "prefixed"],
  [CONN_ENABLED, "enabled"],
  [CONN_DRAINING, "draining"],
];

/** Name of a connection's state; `draining` for a number that is none. */
export function stateName(state: number): ConnectionStateName {
  return STATE_NAMES.find(([code]) => code === state)?.[1] ?? "draining";
}

/** Makes the reader of the totals. It remembers readings of the lanes' busy times. */
export function createTotals(options: TotalsOptions): () => Totals {
  const busyRatios = createBusyRatios(options);
  return () => readTotals(options, busyRatios());
}

function readTotals(options: TotalsOptions, laneBusyRatio: readonly number[]): Totals {
  return {
    connections: countStates(options.states()),
    accepts: {
      accepted: counter(options, Status.Accepted),
      refused_total: counter(options, Status.RefusedTotal),
      refused_source: counter(options, Status.RefusedSource),
      refused_draining: counter(options, Status.RefusedDraining),
    },
    frames: byDirection(options, LANE_FRAMES),
    octets: byDirection(options, LANE_OCTETS),
    drops: byFate(options, ["ignore", "drop", "suspect", "expire"]),
    closes: byFate(options, ["close"]),
    sas: options.sas(),
    espPackets: {
      inbound: sum(options, LANE_ESP_PACKETS + 8 * INBOUND),
      outbound: sum(options, LANE_ESP_PACKETS + 8 * OUTBOUND),
    },
    ecnMarks: sum(options, LANE_ECN_MARKS),
    sendQueueOctets: histogram(options, LANE_QUEUE, QUEUE_BUCKETS),
    ikeDelaySeconds: histogram(options, LANE_IKE_DELAY, DELAY_BUCKETS),
    ike: options.ike(),
    laneBusyRatio,
    eventsLost: sum(options, LANE_EVENTS_LOST),
    logLinesDropped: options.logLinesLost(),
  };
}

/** A counter of all blocks together. */
function sum({ views, blocks }: TotalsOptions, field: number): number {
  return blocks.reduce((total, block) => total + readCount(views, block + field), 0);
}

function counter(options: TotalsOptions, status: number): number {
  return sum(options, LANE_COUNTERS + 8 * status);
}

function byDirection(options: TotalsOptions, field: number): { inbound: ByKind; outbound: ByKind } {
  return {
    inbound: readByKind((kind) => sum(options, field + 32 * INBOUND + 8 * kind)),
    outbound: readByKind((kind) => sum(options, field + 32 * OUTBOUND + 8 * kind)),
  };
}

function byFate(options: TotalsOptions, fates: readonly Fate[]): Record<string, number> {
  const wanted = STATUSES.map((status, number) => ({ ...status, number }))
    .filter(({ fate }) => fates.includes(fate));
  return Object.fromEntries(wanted.map((s) => [s.snakeCase, counter(options, s.number)]));
}

function histogram(options: TotalsOptions, field: number, bounds: readonly number[]): Histogram {
  const { views, blocks } = options;
  const counts = Array.from({ length: bounds.length + 1 }, (_, i) => sum(options, field + 8 * i));
  const total = blocks.reduce((all, at) => all + readF64(views, at + field + HISTOGRAM_SUM), 0);
  return { bounds, counts, sum: total };
}

function countStates(states: Iterable<number>): Record<ConnectionStateName, number> {
  const counts = { accepted: 0, prefixed: 0, enabled: 0, draining: 0 };
  for (const state of states) counts[stateName(state)]++;
  return counts;
}

/** The lanes' busy time at one moment. */
interface BusyMark {
  readonly at: number;
  readonly busyMs: readonly number[];
}

/** Shortest time that a ratio is about, ms, however often it is read. */
const BUSY_WINDOW_MS = 1000;

/**
 * Makes the reader of the lanes' load: the share of the time, 0 to 1, that each lane was busy since
 * the last reading but one. So the load is that of now, and not of the gateway's whole life.
 */
function createBusyRatios(options: TotalsOptions): () => readonly number[] {
  const { views, clock } = options;
  const lanes = options.blocks.slice(0, options.lanes);

  function mark(): BusyMark {
    return { at: clock(), busyMs: lanes.map((block) => readF64(views, block + LANE_BUSY_MS)) };
  }

  let last = mark();
  let before = last;
  return () => {
    const now = mark();
    if (now.at - last.at >= BUSY_WINDOW_MS) {
      before = last;
      last = now;
    }
    const ageMs = now.at - before.at;
    return now.busyMs.map((busyMs, lane) => {
      const busy = busyMs - (before.busyMs[lane] ?? 0);
      return ageMs <= 0 ? 0 : Math.min(Math.max(busy / ageMs, 0), 1);
    });
  };
}

/** Four numbers by kind of frame. */
function readByKind(read: (kind: number) => number): ByKind {
  const [ike, esp, keepalive, empty] = FRAME_KINDS.map((_, kind) => read(kind));
  return { ike: ike ?? 0, esp: esp ?? 0, keepalive: keepalive ?? 0, empty: empty ?? 0 };
}

/** Frames and octets of one direction of a connection; `at` is their offset in memory, octets. */
export function readRowKinds(
  views: MemoryViews,
  at: number,
): { readonly frames: ByKind; readonly octets: ByKind } {
  return {
    frames: readByKind((kind) => readCount(views, at + BY_KIND_FRAMES + 8 * kind)),
    octets: readByKind((kind) => readCount(views, at + BY_KIND_OCTETS + 8 * kind)),
  };
}
