// The cases: every tunnel takes its turn in each round.

import process from "node:process";
import type { CaseResult, Sample, Subject } from "../lib/record.ts";
import type { Report } from "../lib/report.ts";
import { type Contender, runRounds } from "../lib/run.ts";
import { type Link, type Side, SIDES } from "./link.ts";
import { type Direction, ping, type RoundTrips, transfer } from "./measure.ts";
import type { Tunnel } from "./tunnel.ts";

export interface SuiteOptions {
  /** Only cases whose name contains this. */
  readonly only: string;
  readonly runs: number;
  /** Length of each transfer. */
  readonly seconds: number;
}

/** A link with the tunnels that share it. */
export interface Scene {
  readonly link: Link;
  readonly tunnels: readonly Tunnel[];
}

/** Names of the cases that are asked for, in their order. */
export function casesOf(only: string): string[] {
  return [...DIRECTIONS.map(transferName), ...STATES.map(pingName)]
    .filter((name) => name.includes(only));
}

function transferName(direction: Direction): string {
  return `tunnel ${direction} ${INNER_LEN} 1`;
}

function pingName(state: State): string {
  return `ping ${state} ${PING_LEN} 1`;
}

/** Throughput, and the processor time of each side as cases of their own. */
export async function measureTransfers(
  report: Report,
  scene: Scene,
  { only, runs, seconds }: SuiteOptions,
): Promise<void> {
  const onRound = report.progress.round;
  for (const direction of DIRECTIONS) {
    const name = transferName(direction);
    if (!name.includes(only)) continue;
    report.progress.begin(name);
    const sides = { near: emptySamples(), far: emptySamples() };
    const measure = async (tunnel: Tunnel): Promise<Sample> => {
      const { clock, cpu } = await transfer(scene.link, tunnel, { direction, seconds });
      if (cpu === undefined) return { value: clock * INNER_LEN };
      for (const side of SIDES) {
        keep(sides[side], tunnel.subject, { value: cpu[side] * INNER_LEN });
      }
      return { value: clock * INNER_LEN, cpu: (cpu.near + cpu.far) / 2 * INNER_LEN };
    };
    const samples = await runRounds(contenders(scene, measure), { runs, warmups: 0, onRound });
    report.add({ ...KIND, case: name, unit: "octets/s", baseline: "plain-tcp", samples });
    report.add(...SIDES.flatMap((side) => sideCase(sides[side], { direction, side })));
  }
}

function sideCase(
  samples: ReadonlyMap<Subject, readonly Sample[]>,
  { direction, side }: { readonly direction: Direction; readonly side: Side },
): CaseResult[] {
  const [baseline] = samples.keys();
  if (baseline === undefined) return [];
  const isSender = (side === "near") === (direction === "up");
  const what = `tunnel/${isSender ? "sender" : "receiver"}`;
  const name = `${what} ${direction} ${INNER_LEN} 1`;
  return [{ ...KIND, case: name, unit: "octets/s", baseline, samples }];
}

/** Round trips through an idle tunnel, and beside a transfer. */
export async function measurePings(
  report: Report,
  scene: Scene,
  { only, runs, seconds }: SuiteOptions,
): Promise<void> {
  const onRound = report.progress.round;
  for (const state of STATES) {
    const name = pingName(state);
    if (!name.includes(only)) continue;
    report.progress.begin(name);
    const worst = emptySamples();
    const measure = async (tunnel: Tunnel): Promise<Sample> => {
      const { p50, p99, lost } = state === "idle"
        ? await ping(scene.link, tunnel, IDLE_PINGS)
        : await pingLoaded(scene.link, tunnel, seconds);
      if (lost > 0) process.stderr.write(`${tunnel.subject}: ${lost} pings lost, ${state}\n`);
      keep(worst, tunnel.subject, { value: p99 });
      return { value: p50 };
    };
    const middle = await runRounds(contenders(scene, measure), { runs, warmups: 0, onRound });
    const both = [[name, middle], [`ping/p99 ${state} ${PING_LEN} 1`, worst]] as const;
    report.add(...both.map(([name, samples]): CaseResult => ({
      ...{ case: name, octets: PING_LEN, unit: "packets/s" },
      ...{ baseline: "plain-tcp", samples },
    })));
  }
}

/** Pings for as long as a transfer upwards goes on, but for its beginning and end. */
async function pingLoaded(link: Link, tunnel: Tunnel, seconds: number): Promise<RoundTrips> {
  const load = transfer(link, tunnel, { direction: "up", seconds: seconds + 1 });
  await new Promise((resolve) => setTimeout(resolve, 500));
  const trips = ping(link, tunnel, seconds * PINGS_PER_S);
  const [found] = await Promise.all([trips, load]);
  return found;
}

type Samples = Map<Subject, Sample[]>;

function emptySamples(): Samples {
  return new Map();
}

function keep(samples: Samples, subject: Subject, sample: Sample): void {
  const own = samples.get(subject);
  if (own === undefined) samples.set(subject, [sample]);
  else own.push(sample);
}

function contenders(
  { tunnels }: Scene,
  measure: (tunnel: Tunnel) => Promise<Sample>,
): Contender[] {
  return tunnels.map((tunnel) => ({
    subject: tunnel.subject,
    measure: () => measure(tunnel),
  }));
}

const DIRECTIONS: readonly Direction[] = ["up", "down"];
const STATES = ["idle", "loaded"] as const;
type State = typeof STATES[number];

/** Octets of payload that a rate and a cost are given for: about one packet of the tunnel. */
const INNER_LEN = 1400;
const KIND = { octets: INNER_LEN };
/** 56 octets of data and the headers. */
const PING_LEN = 84;
const IDLE_PINGS = 200;
const PINGS_PER_S = 150;
