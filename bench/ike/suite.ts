// Measures the cases: each way with a gateway and a generator of its own.

import { join } from "node:path";
import type { CaseResult, Sample } from "../lib/record.ts";
import type { Report } from "../lib/report.ts";
import { residentKib } from "../../tests/support/proc.ts";
import { type Child, startBunChild } from "../path/child.ts";
import { cpuSeconds, threadSeconds } from "../path/cost.ts";
import { type IkeCase, type Part, type Sizes, type Way, WAYS } from "./cases.ts";
import { type IkeGateway, makePlace, type Place, startIkeGateway } from "./gateway.ts";
import type { GeneratorOrder, Load } from "./orders.ts";

/** What a run measures, and where its files are. */
export interface IkeSuite extends Sizes {
  readonly cases: readonly IkeCase[];
  readonly runs: number;
  readonly inFlight: number;
  readonly folder: string;
}

/** Measures all cases. Cases of one part and way come from the same runs. */
export async function measureIke(report: Report, suite: IkeSuite): Promise<void> {
  for (const way of WAYS) {
    for (const part of ["handshake", "rekey", "restart"] as const) {
      const cases = suite.cases.filter((one) => one.part === part && one.way === way.name);
      const [first] = cases;
      if (first === undefined) continue;
      report.progress.begin(first.name);
      const found = await measurePart(report, suite, { way, part });
      report.add(...cases.map(({ name, of, unit }): CaseResult => ({
        ...{ case: name, octets: 0, unit, baseline: "culvert" },
        samples: new Map([["culvert", found.get(of) ?? []]]),
      })));
    }
  }
}

/** Samples by what they are of. */
type Found = Map<string, Sample[]>;

interface Scene {
  readonly suite: IkeSuite;
  readonly way: Way;
  readonly place: Place;
  readonly generator: Child;
  gateway: IkeGateway;
}

async function measurePart(
  report: Report,
  suite: IkeSuite,
  { way, part }: { readonly way: Way; readonly part: Part },
): Promise<Found> {
  const place = makePlace(
    join(suite.folder, `${part}-${way.name.replaceAll(" ", "-")}`),
    way.method,
  );
  const { secret, files } = place;
  const plan = { method: way.method, secret, files, hasTickets: way.isByTicket };
  const gateway = await startIkeGateway(place, 0);
  const generator = startBunChild("bench/ike/generator.ts", [JSON.stringify(plan)]);
  const scene: Scene = { suite, way, place, generator, gateway };
  const found: Found = new Map();
  try {
    await generator.line();
    for (let round = 0; round <= suite.runs; round++) {
      report.progress.round(round, suite.runs);
      const samples = await PARTS[part](scene);
      // Round 0 warms both programs up.
      if (round === 0) continue;
      for (const [of, sample] of samples) found.set(of, [...found.get(of) ?? [], sample]);
    }
  } finally {
    await generator.stop();
    await scene.gateway.stop();
  }
  return found;
}

type Measured = readonly (readonly [of: string, sample: Sample])[];

const PARTS: Readonly<Record<Part, (scene: Scene) => Promise<Measured>>> = {
  handshake: measureHandshakes,
  rekey: measureRekeys,
  restart: measureRestart,
};

async function measureHandshakes(scene: Scene): Promise<Measured> {
  const { suite, way, gateway } = scene;
  const open = openOf(scene, suite.handshakes);
  if (way.isByTicket) {
    await ask(scene, open);
    await ask(scene, { do: "drop" });
  }
  const cost = await timed(scene, open);
  expectResumed(cost.load, way);
  await ask(scene, way.isByTicket ? { do: "drop" } : { do: "end", inFlight: suite.inFlight });
  expectSame(scene, gateway);
  return [
    ["each", sampleOf(cost)],
    ["worker", { value: cost.worker / cost.load.seconds }],
    ["shell", { value: cost.shell / cost.load.seconds }],
    ["generator", { value: cost.generator / cost.load.seconds }],
  ];
}

async function measureRekeys(scene: Scene): Promise<Measured> {
  const { inFlight, handshakes } = scene.suite;
  await ask(scene, openOf(scene, handshakes));
  const child = await timed(scene, { do: "rekey", what: "children", inFlight });
  const ike = await timed(scene, { do: "rekey", what: "ike", inFlight });
  await ask(scene, { do: "end", inFlight });
  return [["child", sampleOf(child)], ["ike", sampleOf(ike)]];
}

async function measureRestart(scene: Scene): Promise<Measured> {
  const { suite, way, place } = scene;
  const warm = Math.min(WARM, suite.clients);
  await ask(scene, openOf(scene, warm));
  const before = residentKib(scene.gateway.pid);
  const more = suite.clients - warm;
  if (more > 0) await ask(scene, openOf(scene, more));
  const memory = (residentKib(scene.gateway.pid) - before) * 1024 / Math.max(more, 1);
  await ask(scene, { do: "drop" });
  const { port } = scene.gateway.tcp;
  await scene.gateway.stop();
  scene.gateway = await startIkeGateway(place, port);
  const cost = await timed(scene, openOf(scene, suite.clients));
  expectResumed(cost.load, way);
  await ask(scene, { do: "drop" });
  await scene.gateway.stop();
  scene.gateway = await startIkeGateway(place, port);
  return [["each", sampleOf(cost)], ["memory", { value: memory }]];
}

function openOf({ suite, gateway }: Scene, count: number): GeneratorOrder {
  return { do: "open", tcp: gateway.tcp, count, inFlight: suite.inFlight };
}

async function ask({ generator }: Scene, order: GeneratorOrder): Promise<Load> {
  generator.send(JSON.stringify(order));
  return JSON.parse(await generator.line()) as Load;
}

/** What an order has taken, in seconds of processor time. */
interface Cost {
  readonly load: Load;
  readonly gateway: number;
  /** Of the busiest of the gateway's further threads, which is the one that runs IKE. */
  readonly worker: number;
  /** Of its main thread, which installs SAs. */
  readonly shell: number;
  readonly generator: number;
}

async function timed(scene: Scene, order: GeneratorOrder): Promise<Cost> {
  const { gateway, generator } = scene;
  const before = { threads: threadSeconds(gateway.pid), generator: cpuSeconds(generator.pid) };
  const load = await ask(scene, order);
  const used = new Map(
    [...threadSeconds(gateway.pid)].map(([thread, seconds]) => [
      thread,
      seconds - (before.threads.get(thread) ?? 0),
    ]),
  );
  const shell = used.get(gateway.pid) ?? 0;
  used.delete(gateway.pid);
  return {
    load,
    gateway: [...used.values()].reduce((sum, seconds) => sum + seconds, shell),
    worker: Math.max(...used.values()),
    shell,
    generator: cpuSeconds(generator.pid) - before.generator,
  };
}

function sampleOf({ load, gateway }: Cost): Sample {
  return { value: load.seconds / load.count, cpu: gateway / load.count };
}

/** The run is void if clients did not come as it claims. */
function expectResumed({ count, resumed }: Load, { isByTicket }: Way): void {
  const wanted = isByTicket ? count : 0;
  if (resumed === wanted) return;
  throw new Error(`The run is void: ${resumed} of ${count} came by ticket, not ${wanted}`);
}

function expectSame(scene: Scene, gateway: IkeGateway): void {
  if (scene.gateway !== gateway) throw new Error("The run is void: the gateway has changed");
}

/** Clients before the first reading of memory, so that code and tables are in memory already. */
const WARM = 100;
