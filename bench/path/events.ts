// Cost of observers for the data path: opening beside a thousand connections, first with no
// observer, then with slow readers of events, then with dashboards that read all connections each
// second.

import type { CaseResult, Sample } from "../lib/record.ts";
import type { Report } from "../lib/report.ts";
import { raiseOpenFiles } from "../../gateway/linux/limits.ts";
import { type Arena, openArena } from "./arena.ts";
import { startChild } from "./child.ts";
import { threadSeconds } from "./cost.ts";
import { type GatewayChild, startGatewayChild } from "./gateway_child.ts";
import { connectAll } from "./idle.ts";
import { DISCARD_PORT, ECHO_PORT, record, type Recording } from "./recording.ts";
import { GATEWAY } from "./scene.ts";
import type { SuiteOptions } from "./throughput.ts";
import { bothBodies, install, openedUp } from "./tunnel.ts";

/** A kind of observer. */
interface Watch {
  readonly name: string;
  /** Arguments of `readers.ts`; undefined for no observer. */
  readonly readers: readonly [kind: string, count: string] | undefined;
}

const WATCHES: readonly Watch[] = [
  { name: "nobody", readers: undefined },
  { name: "slow-100", readers: ["slow", "100"] },
  { name: "polls-10", readers: ["polls", "10"] },
];

/**
 * Measures all kinds in the same rounds, one after another. All of them run if one is asked for.
 */
export async function measureEvents(report: Report, options: SuiteOptions): Promise<void> {
  const { engine, runs } = options;
  if (eventCases(options).length === 0) return;
  report.progress.begin(nameOf("events", "*"));
  const arena = openArena(ARENA_LEN);
  raiseOpenFiles(arena);
  const proofs = record(arena, PROOF);
  const load = record(arena, LOAD);
  const gateway = await startGatewayChild(GATEWAY, ["--engine", engine]);
  const samples = new Map(WATCHES.map((watch): [Watch, Watched[]] => [watch, []]));
  try {
    await install(gateway, proofs, bothBodies);
    connectAll(arena, { gateway, proofs, first: 0, count: CONNECTIONS });
    for (let run = 0; run < runs; run++) {
      report.progress.round(run + 1, runs);
      for (const watch of run % 2 === 0 ? WATCHES : WATCHES.toReversed()) {
        samples.get(watch)?.push(await watched(arena, { gateway, load, watch }));
      }
    }
  } finally {
    await gateway.stop();
  }
  const subject = `culvert-${engine}` as const;
  report.add(...[...samples].flatMap(([{ name }, found]): CaseResult[] => [
    {
      ...{ case: nameOf("events", name), octets: LOAD.innerLen, unit: "octets/s" },
      ...{ baseline: subject, samples: new Map([[subject, found.map(({ all }) => all)]]) },
    },
    {
      ...{ case: nameOf("events-lane", name), octets: LOAD.innerLen, unit: "octets/s" },
      ...{ baseline: subject, samples: new Map([[subject, found.map(({ lane }) => lane)]]) },
    },
  ]));
}

/** The name under which all cases of `measureEvents` are counted; empty if none is asked for. */
export function eventCases({ only }: Pick<SuiteOptions, "only">): string[] {
  const names = WATCHES.flatMap((
    { name },
  ) => [nameOf("events", name), nameOf("events-lane", name)]);
  return names.some((name) => name.includes(only)) ? ["events"] : [];
}

function nameOf(what: string, watch: string): string {
  return `${what}/${watch} up ${LOAD.innerLen} ${CONNECTIONS}`;
}

interface Watched {
  /** Time by the clock, with the processor time of the whole process. */
  readonly all: Sample;
  /** Processor time of the lane's thread. */
  readonly lane: Sample;
}

interface Watching {
  readonly gateway: GatewayChild;
  readonly load: Recording;
  readonly watch: Watch;
}

/** Opens the load again and again, long enough for every observer to read several times. */
async function watched(arena: Arena, { gateway, load, watch }: Watching): Promise<Watched> {
  const { host, port } = gateway.apiAt;
  const readers = watch.readers === undefined
    ? undefined
    : startChild("bench/path/readers.ts", [...watch.readers, host, String(port)]);
  if (readers !== undefined) await readers.line();
  const before = threadSeconds(gateway.pid);
  const samples: Sample[] = [];
  for (const until = performance.now() + WATCH_MS; performance.now() < until;) {
    samples.push(await openedUp({ arena }, gateway, load));
  }
  const after = threadSeconds(gateway.pid);
  await readers?.stop();
  const packets = samples.length * load.packets;
  return {
    all: { value: meanOf(samples.map(({ value }) => value)), cpu: meanOf(samples.map(cpuOf)) },
    lane: { value: busiest(before, after, gateway.pid) / packets },
  };
}

/** Seconds that the busiest thread used, not counting the main thread, which answers the API. */
function busiest(
  before: ReadonlyMap<number, number>,
  after: ReadonlyMap<number, number>,
  main: number,
): number {
  const grown = [...after].filter(([thread]) => thread !== main)
    .map(([thread, seconds]) => seconds - (before.get(thread) ?? 0));
  return Math.max(...grown);
}

function cpuOf({ cpu }: Sample): number {
  return cpu ?? 0;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const CONNECTIONS = 1000;
const PROOF = { innerLen: 64, connections: 1, packets: CONNECTIONS, port: ECHO_PORT };
const LOAD = { innerLen: 1400, connections: 1, packets: 20_000, port: DISCARD_PORT };
const ARENA_LEN = 33_554_432;
const WATCH_MS = 3000;
