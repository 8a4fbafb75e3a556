// Measures a tunnel: iperf3 with the gateways' processor time, and ping.

import { must, run } from "../../tests/interop/lib/process.ts";
import { percentile } from "../lib/stats.ts";
import { cpuSeconds } from "../path/cost.ts";
import { type Link, type Side, SIDES } from "./link.ts";
import type { Tunnel } from "./tunnel.ts";

/** `up` is from near to far. */
export type Direction = "up" | "down";

export interface TransferOptions {
  readonly direction: Direction;
  readonly seconds: number;
  /** Connections at the same time. */
  readonly flows: number;
}

/** All in seconds per octet of iperf3's payload. */
export interface Transfer {
  readonly clock: number;
  /** Processor time of each side's gateway. */
  readonly cpu: Readonly<Record<Side, number>> | undefined;
}

/** Runs TCP connections through the tunnel. */
export async function transfer(
  link: Link,
  { target, pids }: Tunnel,
  options: TransferOptions,
): Promise<Transfer> {
  // Each transfer has its own server: one that still waits for the end of the previous transfer
  // would refuse this one.
  const server = link.start("far", ["iperf3", "--server", "--one-off", "--forceflush"]);
  try {
    await server.match(/listening/, 5000);
    const before = pids === undefined ? undefined : cpuOf(pids);
    const { octets, took } = await runIperf(link, target, options);
    const after = pids === undefined ? undefined : cpuOf(pids);
    const clock = took / octets;
    if (before === undefined || after === undefined) return { clock, cpu: undefined };
    const each = (side: Side): number => (after[side] - before[side]) / octets;
    return { clock, cpu: { near: each("near"), far: each("far") } };
  } finally {
    await server.stop("SIGTERM", STOP_MS);
  }
}

async function runIperf(
  link: Link,
  target: string,
  { direction, seconds, flows }: TransferOptions,
): Promise<Arrived> {
  const way = direction === "down" ? ["--reverse"] : [];
  const shape = ["--time", String(seconds), "--parallel", String(flows), ...way];
  const command = ["iperf3", "--json", ...shape, "--client", target];
  return readReport(await must(link.on("near", command), { timeoutMs: 1000 * seconds + 15_000 }));
}

function cpuOf(pids: Readonly<Record<Side, number>>): Record<Side, number> {
  const [near = 0, far = 0] = SIDES.map((side) => cpuSeconds(pids[side]));
  return { near, far };
}

/** Octets that arrived, and seconds that they took. */
interface Arrived {
  readonly octets: number;
  readonly took: number;
}

/** iperf3 reports errors in its JSON and still exits with 0. */
function readReport(text: string): Arrived {
  const { end, error } = JSON.parse(text) as IperfReport;
  if (error !== undefined) throw new Error(`The run is void: iperf3 says: ${error}`);
  const { bytes: octets, seconds: took } = end.sum_received;
  if (octets === 0) throw new Error("The run is void: nothing has arrived");
  return { octets, took };
}

interface IperfReport {
  readonly end: { readonly "sum_received": { readonly bytes: number; readonly seconds: number } };
  readonly error?: string;
}

/** Round trips in seconds; `lost` is a count. */
export interface RoundTrips {
  readonly p50: number;
  readonly p99: number;
  readonly lost: number;
}

/** Pings every 5 ms. */
export async function ping(link: Link, { target }: Tunnel, count: number): Promise<RoundTrips> {
  const flags = ["-i", "0.005", "-W", "1"];
  const answers = await pingTimes(link, target, { count, flags, timeoutMs: 10 * count + 15_000 });
  const times = answers.map((ms) => ms / 1000);
  return { p50: percentile(times, 50), p99: percentile(times, 99), lost: count - times.length };
}

export interface PingOptions {
  readonly count: number;
  /** More flags of ping. */
  readonly flags: readonly string[];
  readonly timeoutMs: number;
}

/** Pings from the near host. Returns the round trips of the answers, in ms. */
export async function pingTimes(
  link: Link,
  target: string,
  { count, flags, timeoutMs }: PingOptions,
): Promise<number[]> {
  const command = ["ping", "-n", "-c", String(count), ...flags, target];
  // The exit code of ping reports lost answers. The caller sees them as missing times.
  const { output } = await run(link.on("near", command), { timeoutMs });
  return [...output.matchAll(/time=([\d.]+) ms/g)].map(([, ms]) => Number(ms));
}

const STOP_MS = 5000;
