// Throughput and cost of each path, beside plain TCP in the same rounds.

import type { Progress } from "../lib/progress.ts";
import type { Report } from "../lib/report.ts";
import { runRounds } from "../lib/run.ts";
import { INNER_LENS, type Path, PATHS } from "./paths.ts";
import { frameLenOf, record, type Recording } from "./recording.ts";
import { type Engine, GATEWAY, openScene, type Scene } from "./scene.ts";

export interface SuiteOptions {
  /** Only cases whose name contains this. */
  readonly only: string;
  readonly runs: number;
  readonly connections: number;
  /** In one run; fewer where they would take more than `LOAD_MAX`. */
  readonly packets: number;
  readonly engine: Engine;
}

/** A path at one size. */
export interface Case {
  readonly path: Path;
  readonly innerLen: number;
}

/** Runs all cases that are asked for. */
export async function measureThroughput(report: Report, options: SuiteOptions): Promise<void> {
  const { runs } = options;
  const { progress } = report;
  const nameOf = throughputName(options);
  const program = GATEWAY;
  await withCases({ options, program, nameOf, progress }, async (scene, found, recording) => {
    const { path, innerLen } = found;
    const samples = await runRounds([
      { subject: `culvert-${options.engine}`, measure: () => path.run(scene, recording) },
      { subject: "plain-tcp", measure: () => path.plain(scene, recording) },
    ], { runs, warmups: WARMUPS, onRound: progress.round });
    const name = nameOf(found);
    report.add({ case: name, octets: innerLen, unit: "octets/s", baseline: "plain-tcp", samples });
  });
}

export function throughputName({ connections }: SuiteOptions): (found: Case) => string {
  return ({ path, innerLen }) => `${path.what} ${path.direction} ${innerLen} ${connections}`;
}

/** All paths at all sizes whose names are asked for. */
export function casesOf(only: string, nameOf: (found: Case) => string): Case[] {
  return INNER_LENS.flatMap((innerLen) => PATHS.map((path) => ({ path, innerLen })))
    .filter((found) => nameOf(found).includes(only));
}

export interface CasesOptions {
  readonly options: SuiteOptions;
  readonly program: string;
  readonly nameOf: (found: Case) => string;
  readonly progress: Progress;
}

/** Opens a scene and hands over each case whose name is asked for, with its load; nothing is started if there is none. */
export async function withCases(
  { options, program, nameOf, progress }: CasesOptions,
  run: (scene: Scene, found: Case, recording: Recording) => Promise<void>,
): Promise<void> {
  const cases = casesOf(options.only, nameOf);
  if (cases.length === 0) return;
  const scene = await openScene({
    loadLen: LOAD_MAX + LOAD_SPARE,
    program,
    engine: options.engine,
  });
  try {
    let loaded: { readonly of: string; readonly recording: Recording } | undefined;
    for (const found of cases) {
      const { path, innerLen } = found;
      const isLeftOut = path.needsTun && !scene.hasTun;
      progress.begin(isLeftOut ? `${nameOf(found)}: left out, needs a TUN` : nameOf(found));
      if (isLeftOut) continue;
      const of = `${innerLen} ${path.port}`;
      if (loaded?.of !== of) loaded = { of, recording: recordCase(scene, found, options) };
      await run(scene, found, loaded.recording);
    }
  } finally {
    await scene.close();
  }
}

function recordCase(
  { arena }: Scene,
  { path, innerLen }: Case,
  { connections, packets }: SuiteOptions,
): Recording {
  arena.reset();
  const most = Math.min(packets, Math.floor(LOAD_MAX / frameLenOf(innerLen)));
  return record(arena, { innerLen, connections, packets: most, port: path.port });
}

/** Rounds that warm up code and caches. */
export const WARMUPS = 1;

/** Octets of sealed load that are held, and room for prefixes and rounding. */
const LOAD_MAX = 67_108_864;
const LOAD_SPARE = 4_194_304;
