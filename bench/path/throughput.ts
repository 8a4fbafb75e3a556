// Throughput and cost of each path, with plain TCP and rivals in the same rounds.

import type { Progress } from "../lib/progress.ts";
import type { Report } from "../lib/report.ts";
import { type Contender, runRounds } from "../lib/run.ts";
import { type Path, PATHS, type Shape, SHAPES } from "./paths.ts";
import { frameLenOf, record, type Recording } from "./recording.ts";
import { type Engine, GATEWAY, openScene, type Scene } from "./scene.ts";

export interface SuiteOptions {
  /** Only cases whose name contains this. */
  readonly only: string;
  readonly runs: number;
  /** Number of connections in place of the shapes' own; 0 keeps theirs. */
  readonly connections: number;
  /** Packets of one run. There are fewer where they would exceed `LOAD_MAX`. */
  readonly packets: number;
  readonly engine: Engine;
}

/** A path at one size. */
export interface Case extends Shape {
  readonly path: Path;
}

/** Runs the cases that are asked for. */
export async function measureThroughput(report: Report, options: SuiteOptions): Promise<void> {
  const { runs, engine } = options;
  const { progress } = report;
  const cases = throughputCases(options);
  const program = GATEWAY;
  await withCases({ options, cases, program, nameOf, progress }, async (scene, found, load) => {
    const contenders = contendersOf(scene, { found, load, engine });
    const samples = await runRounds(contenders, {
      runs,
      warmups: WARMUPS,
      onRound: progress.round,
    });
    const { innerLen: octets } = found;
    report.add({ case: nameOf(found), octets, unit: "octets/s", baseline: "plain-tcp", samples });
  });
}

/** The cases that `measureThroughput` runs. */
export function throughputCases({ connections, only }: SuiteOptions): Case[] {
  if (connections === 0) return casesOf(SHAPES, only, nameOf);
  const shapes = SHAPES.filter((shape) => shape.connections === 1)
    .map((shape) => ({ ...shape, connections }));
  return casesOf(shapes, only, nameOf);
}

/** All paths in these shapes whose names are asked for. */
export function casesOf(
  shapes: readonly Shape[],
  only: string,
  name: (found: Case) => string,
): Case[] {
  return shapes.flatMap((shape) => PATHS.map((path) => ({ path, ...shape })))
    .filter((found) => name(found).includes(only));
}

function nameOf({ path, innerLen, connections }: Case): string {
  return `${path.what} ${path.direction} ${innerLen} ${connections}`;
}

interface Contest {
  readonly found: Case;
  readonly load: Recording;
  readonly engine: Engine;
}

function contendersOf(scene: Scene, { found, load, engine }: Contest): Contender[] {
  const { path } = found;
  const { rival } = scene;
  const contenders: Contender[] = [
    { subject: `culvert-${engine}`, measure: () => path.run(scene, load) },
    { subject: "plain-tcp", measure: () => path.plain(scene, load) },
  ];
  const runRival = path.rival;
  if (rival !== undefined && runRival !== undefined) {
    contenders.push({ subject: rival.subject, measure: () => runRival(scene, rival, load) });
  }
  return contenders;
}

export interface CasesOptions {
  readonly options: SuiteOptions;
  readonly cases: readonly Case[];
  readonly program: string;
  readonly nameOf: (found: Case) => string;
  readonly progress: Progress;
}

type RunCase = (scene: Scene, found: Case, load: Recording) => Promise<void>;

/** Opens a scene for each MTU and runs its cases, each with its load. */
export async function withCases(asked: CasesOptions, run: RunCase): Promise<void> {
  const { options, program } = asked;
  for (const innerMtu of new Set(asked.cases.map((found) => found.innerMtu))) {
    const loadLen = LOAD_MAX + LOAD_SPARE;
    const scene = await openScene({ loadLen, program, engine: options.engine, innerMtu });
    try {
      const cases = asked.cases.filter((found) => found.innerMtu === innerMtu);
      await runCases(scene, { ...asked, cases }, run);
    } finally {
      await scene.close();
    }
  }
}

async function runCases(
  scene: Scene,
  { cases, nameOf, options, progress }: CasesOptions,
  run: RunCase,
): Promise<void> {
  let loaded: { readonly of: string; readonly load: Recording } | undefined;
  for (const found of cases) {
    const { path, innerLen, connections } = found;
    const isLeftOut = path.needsTun && !scene.hasTun;
    progress.begin(isLeftOut ? `${nameOf(found)}: left out, needs a TUN` : nameOf(found));
    if (isLeftOut) continue;
    const of = `${innerLen} ${connections} ${path.port} ${path.isFlow}`;
    if (loaded?.of !== of) loaded = { of, load: recordCase(scene, found, options.packets) };
    await run(scene, found, loaded.load);
  }
}

function recordCase({ arena }: Scene, found: Case, packets: number): Recording {
  const { path, innerLen, connections } = found;
  arena.reset();
  const most = Math.min(packets, Math.floor(LOAD_MAX / frameLenOf(innerLen)));
  const isFlow = path.isFlow === true;
  return record(arena, { innerLen, connections, packets: most, port: path.port, isFlow });
}

/** Rounds that warm up code and caches. */
export const WARMUPS = 1;

/** Most octets of sealed load at a time, and room for prefixes and rounding. */
export const LOAD_MAX = 67_108_864;
export const LOAD_SPARE = 4_194_304;
