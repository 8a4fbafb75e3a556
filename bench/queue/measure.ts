// Measures a tunnel: goodput of one TCP connection through it, and round trips beside that.

import { must } from "../../tests/interop/lib/process.ts";
import { sleep } from "../../tests/support/wait.ts";
import { percentile } from "../lib/stats.ts";
import type { Link } from "../wire/link.ts";
import { pingTimes } from "../wire/measure.ts";
import type { Tunnel } from "../wire/tunnel.ts";

/** Results of one run. */
export interface Reading {
  /** Mbit/s of payload that arrived. */
  readonly goodput: number;
  /** Segments that the inner connection retransmitted. */
  readonly sentAgain: number;
  /** Round trips beside the transfer, ms. */
  readonly p50: number;
  readonly p99: number;
  /** Pings without an answer, in percent. */
  readonly lost: number;
}

/** Starts iperf3 on the far host. */
export async function startIperf(link: Link): Promise<void> {
  const server = link.start("far", ["iperf3", "--server", "--forceflush"]);
  await server.match(/listening/, 5000);
}

/**
 * Transfers from near to far for `seconds`, not counting slow start, and pings during that time.
 */
export async function measureWay(link: Link, tunnel: Tunnel, seconds: number): Promise<Reading> {
  const whole = seconds + OMIT_S;
  const client = ["iperf3", "--json", "--congestion", "cubic", "--client", tunnel.target];
  const command = [...client, "--time", String(seconds), "--omit", String(OMIT_S)];
  const load = must(link.on("near", command), { timeoutMs: 1000 * whole + 20_000 });
  await sleep(1000 * OMIT_S);
  const [trips, report] = await Promise.all([ping(link, tunnel, seconds), load]);
  const { end } = JSON.parse(report) as IperfReport;
  return {
    goodput: end["sum_received"]["bits_per_second"] / 1e6,
    sentAgain: end["sum_sent"]["retransmits"],
    ...trips,
  };
}

async function ping(
  link: Link,
  { target }: Tunnel,
  seconds: number,
): Promise<Pick<Reading, "p50" | "p99" | "lost">> {
  const count = (seconds - 1) * PINGS_PER_S;
  const flags = ["-i", String(1 / PINGS_PER_S), "-W", "3"];
  const timeoutMs = 1000 * seconds + 15_000;
  const times = await pingTimes(link, target, { count, flags, timeoutMs });
  if (times.length === 0) throw new Error("The run is void: no ping came back");
  return {
    p50: percentile(times, 50),
    p99: percentile(times, 99),
    lost: 100 * (1 - times.length / count),
  };
}

interface IperfReport {
  readonly end: {
    readonly "sum_received": { readonly "bits_per_second": number };
    readonly "sum_sent": { readonly "retransmits": number };
  };
}

/** Seconds of slow start that are left out. */
const OMIT_S = 2;
const PINGS_PER_S = 50;
