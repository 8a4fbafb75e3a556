// The cases. Every tunnel takes its turn in each round.

import process from "node:process";
import type { CaseResult, Sample, Subject } from "../lib/record.ts";
import type { Report } from "../lib/report.ts";
import { type Contender, runRounds } from "../lib/run.ts";
import { sleep } from "../../tests/support/wait.ts";
import { type Link, type Side, SIDES } from "./link.ts";
import { type Direction, ping, type RoundTrips, transfer } from "./measure.ts";
import type { TunnelOptions } from "./culvert.ts";
import type { Tunnel } from "./tunnel.ts";

export interface SuiteOptions {
  /** Only cases whose name contains this. */
  readonly only: string;
  readonly runs: number;
  /** Length of each transfer in seconds. */
  readonly seconds: number;
}

/** A link with the tunnels that share it. */
export interface Scene {
  readonly link: Link;
  readonly tunnels: readonly Tunnel[];
}

/** A variant of the transfers. */
export interface Form {
  /** Part of the case's name, after `tunnel`. */
  readonly part: string;
  /** Octets of payload for which rate and cost are given: about one packet of the tunnel. */
  readonly octets: number;
  /** TCP connections of iperf3 at the same time. */
  readonly flows: number;
  /** Settings of the Culvert tunnels that this form opens for itself. */
  readonly own?: TunnelOptions;
}

/** The first two forms are measured with all tunnels, the others with Culvert only. */
export const FORMS: readonly Form[] = [
  { part: "", octets: 1400, flows: 1 },
  { part: "/flows-4", octets: 1400, flows: 4 },
  { part: "/lanes-2", octets: 1400, flows: 4, own: { lanes: 2, innerMtu: 1400 } },
  { part: "/mtu-9000", octets: 9000, flows: 1, own: { lanes: 1, innerMtu: 9000 } },
  { part: "/mtu-65400", octets: 65_400, flows: 1, own: { lanes: 1, innerMtu: 65_400 } },
];

/** Names of a form's cases that are asked for. */
export function transfersOf(form: Form, only: string): string[] {
  return DIRECTIONS.map((direction) => transferName(form, direction))
    .filter((name) => name.includes(only));
}

/** Names of the pings that are asked for. */
export function pingsOf(only: string): string[] {
  return STATES.map(pingName).filter((name) => name.includes(only));
}

function transferName({ part, octets }: Form, direction: Direction): string {
  return `tunnel${part} ${direction} ${octets} 1`;
}

function pingName(state: State): string {
  return `ping ${state} ${PING_LEN} 1`;
}

/**
 * Measures throughput. For the plain form, the processor time of each side is reported as cases of
 * its own.
 */
export async function measureTransfers(
  report: Report,
  scene: Scene,
  { only, runs, seconds, form }: SuiteOptions & { readonly form: Form },
): Promise<void> {
  const { octets, flows } = form;
  const onRound = report.progress.round;
  for (const direction of DIRECTIONS) {
    const name = transferName(form, direction);
    if (!name.includes(only)) continue;
    report.progress.begin(name);
    const sides = { near: emptySamples(), far: emptySamples() };
    const measure = async (tunnel: Tunnel): Promise<Sample> => {
      const { clock, cpu } = await transfer(scene.link, tunnel, { direction, seconds, flows });
      if (cpu === undefined) return { value: clock * octets };
      for (const side of SIDES) keep(sides[side], tunnel.subject, { value: cpu[side] * octets });
      return { value: clock * octets, cpu: (cpu.near + cpu.far) / 2 * octets };
    };
    const samples = await runRounds(contenders(scene, measure), { runs, warmups: 0, onRound });
    report.add({ octets, case: name, unit: "octets/s", baseline: "plain-tcp", samples });
    if (form.part !== "") continue;
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
  return [{ octets: INNER_LEN, case: name, unit: "octets/s", baseline, samples }];
}

/** Measures round trips through an idle tunnel, and beside a transfer. */
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

/** Pings during an upward transfer, without its beginning and end. */
async function pingLoaded(link: Link, tunnel: Tunnel, seconds: number): Promise<RoundTrips> {
  const load = transfer(link, tunnel, { direction: "up", seconds: seconds + 1, flows: 1 });
  await sleep(500);
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

/** Octets of the plain form. */
const INNER_LEN = 1400;
/** 56 octets of data, and the headers. */
const PING_LEN = 84;
const IDLE_PINGS = 200;
const PINGS_PER_S = 150;
