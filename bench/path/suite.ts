// The cases of the path suite, in order: what goes through the gateway, in which direction, at which size.

import type { Sample } from "../lib/record.ts";
import type { BenchOptions, Report } from "../lib/report.ts";
import { runRounds } from "../lib/run.ts";
import { plainBoth, plainDown, plainUp } from "./plain.ts";
import { DISCARD_PORT, ECHO_PORT, frameLenOf, record, type Recording } from "./recording.ts";
import { relayDown, relayUp } from "./relay.ts";
import { GATEWAY, openScene, type Scene } from "./scene.ts";
import { discardUp, echoBoth, tunnelDown, tunnelUp } from "./tunnel.ts";

export interface SuiteOptions extends BenchOptions {
  readonly connections: number;
  /** In one run; fewer where they would take more than `LOAD_MAX`. */
  readonly packets: number;
}

/** Runs all cases whose names contain `only`. */
export async function runSuite(report: Report, options: SuiteOptions): Promise<void> {
  const scene = await openScene({ loadLen: LOAD_MAX, program: GATEWAY });
  try {
    for (const innerLen of INNER_LENS) {
      for (const port of [DISCARD_PORT, ECHO_PORT]) {
        const paths = pathsOf(scene, { port, innerLen, options });
        if (paths.length > 0) await runPaths(report, { scene, paths, port, innerLen, options });
      }
    }
  } finally {
    await scene.close();
  }
}

/** A way through the gateway. */
interface Path {
  readonly name: string;
  /** Port of its inner packets. */
  readonly port: number;
  readonly needsTun: boolean;
  run(scene: Scene, recording: Recording): Promise<Sample>;
  readonly plain: (scene: Scene, recording: Recording) => Sample;
}

const PATHS: readonly Path[] = [
  { name: "tunnel up", port: DISCARD_PORT, needsTun: true, run: tunnelUp, plain: plainUp },
  { name: "tunnel down", port: DISCARD_PORT, needsTun: true, run: tunnelDown, plain: plainDown },
  { name: "discard up", port: DISCARD_PORT, needsTun: false, run: discard, plain: plainUp },
  { name: "relay up", port: DISCARD_PORT, needsTun: false, run: relayUp, plain: plainUp },
  { name: "relay down", port: DISCARD_PORT, needsTun: false, run: relayDown, plain: plainDown },
  { name: "echo both", port: ECHO_PORT, needsTun: false, run: echoBoth, plain: plainBoth },
];

function discard(scene: Scene, recording: Recording): Promise<Sample> {
  return discardUp(scene, { gateway: scene.echo, recording });
}

interface Size {
  readonly port: number;
  readonly innerLen: number;
  readonly options: SuiteOptions;
}

function pathsOf({ hasTun }: Scene, { port, innerLen, options }: Size): Path[] {
  return PATHS.filter((path) =>
    path.port === port && (hasTun || !path.needsTun) &&
    caseOf(path, { innerLen, options }).includes(options.only)
  );
}

function caseOf({ name }: Path, { innerLen, options }: Omit<Size, "port">): string {
  return `${name} ${innerLen} ${options.connections}`;
}

async function runPaths(
  report: Report,
  size: Size & { readonly scene: Scene; readonly paths: readonly Path[] },
): Promise<void> {
  const { scene, innerLen, port, options } = size;
  scene.arena.reset();
  const packets = Math.min(options.packets, Math.floor(LOAD_MAX * 0.99 / frameLenOf(innerLen)));
  const { connections } = options;
  const recording = record(scene.arena, { innerLen, connections, packets, port });
  for (const path of size.paths) {
    const samples = await runRounds([
      { subject: "culvert-wasm", measure: () => path.run(scene, recording) },
      { subject: "plain-tcp", measure: () => path.plain(scene, recording) },
    ], { runs: options.runs, warmups: 1 });
    report.add({
      case: caseOf(path, size),
      octets: innerLen,
      unit: "octets/s",
      baseline: "plain-tcp",
      samples,
    });
  }
}

/** Octets of inner packets. */
const INNER_LENS: readonly number[] = [64, 576, 1400];

/** Octets of sealed load that are held. */
const LOAD_MAX = 67_108_864;
