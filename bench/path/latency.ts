// How long a packet takes through a gateway that is otherwise idle, and beside a flood of ESP on
// another connection. Measured are an ESP echo through the built-in host, and an IKE message to the
// daemon and its answer.

import type { CaseResult, Sample, Subject } from "../lib/record.ts";
import type { Report } from "../lib/report.ts";
import { percentile } from "../lib/stats.ts";
import { sleep } from "../../tests/support/wait.ts";
import { openFlood } from "./flood.ts";
import type { GatewayChild } from "./gateway_child.ts";
import { GATEWAY, openScene, type Scene } from "./scene.ts";
import type { SuiteOptions } from "./throughput.ts";
import { openEcho, openIke, type TripOptions, type Trips } from "./trips.ts";

/** What makes the round trip, and in which state of the gateway. */
interface Way {
  readonly what: string;
  /** `flooded`: a second connection sends ESP without end. */
  readonly state: "idle" | "flooded";
  open(scene: Scene, options: TripOptions): Promise<Trips>;
  gatewayOf(scene: Scene): GatewayChild;
}

/**
 * Runs the cases that are asked for. A sample is the median of a run's round trips, or their 99th
 * percentile.
 */
export async function measureLatency(report: Report, options: SuiteOptions): Promise<void> {
  const { engine, runs } = options;
  const { progress } = report;
  const ways = latencyCases(options);
  if (ways.length === 0) return;
  const scene = await openScene({ ...SHAPE, engine });
  try {
    for (const way of ways) {
      // A flood needs a larger send buffer than an ordinary user may set. As with the TUN, it only
      // runs in a network namespace of the bench's own.
      const isLeftOut = way.state === "flooded" && !scene.hasTun;
      progress.begin(isLeftOut ? `${nameOf(way)}: left out, needs a namespace` : nameOf(way));
      if (isLeftOut) continue;
      const middle: Sample[] = [];
      const worst: Sample[] = [];
      for (let run = 0; run < runs; run++) {
        progress.round(run + 1, runs);
        const times = await timesOf(scene, way);
        middle.push({ value: percentile(times, 50) });
        worst.push({ value: percentile(times, 99) });
      }
      const subject = `culvert-${engine}` as const;
      report.add(
        caseOf(nameOf(way), subject, middle),
        caseOf(nameOf(way, "/p99"), subject, worst),
      );
    }
  } finally {
    await scene.close();
  }
}

/** The cases that `measureLatency` runs. */
export function latencyCases({ only }: Pick<SuiteOptions, "only">): Way[] {
  return WAYS.filter((way) => nameOf(way).includes(only) || nameOf(way, "/p99").includes(only));
}

function nameOf({ what, state }: Way, part = ""): string {
  return `${what}${part} ${state} ${LEN} ${state === "idle" ? 1 : 2}`;
}

function caseOf(name: string, subject: Subject, samples: readonly Sample[]): CaseResult {
  return {
    ...{ case: name, octets: LEN, unit: "packets/s", baseline: subject },
    samples: new Map([[subject, samples]]),
  };
}

/** Seconds of each round trip, a millisecond apart. The first few warm up and are left out. */
async function timesOf(scene: Scene, way: Way): Promise<number[]> {
  scene.arena.reset();
  const flood = way.state === "idle"
    ? undefined
    : await openFlood(scene.arena, way.gatewayOf(scene));
  const trips = await way.open(scene, { len: LEN, count: WARMUP_TRIPS + TRIPS });
  const times: number[] = [];
  for (let i = 0; i < WARMUP_TRIPS + TRIPS; i++) {
    flood?.refill();
    await sleep(1);
    const seconds = trips.once();
    if (i >= WARMUP_TRIPS) times.push(seconds);
  }
  await trips.close();
  await flood?.close();
  return times;
}

const echo = {
  what: "latency",
  open: openEcho,
  gatewayOf: (scene: Scene): GatewayChild => scene.echo,
};
const ike = {
  what: "ike",
  open: openIke,
  gatewayOf: (scene: Scene): GatewayChild => scene.gateway,
};
const WAYS: readonly Way[] = [echo, ike].flatMap((way): Way[] => [
  { ...way, state: "idle" },
  { ...way, state: "flooded" },
]);

/** Octets of an inner packet or IKE message. */
const LEN = 200;
const TRIPS = 500;
const WARMUP_TRIPS = 50;
const SHAPE = { loadLen: 16_777_216, program: GATEWAY, innerMtu: 1400 };
