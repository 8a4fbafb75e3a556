// A core with a batch laid out, as a lane has it before the AEAD step (step 6), and the way to put
// keys into it.

import type { SaDirection } from "../../gateway/model/direction.ts";
import {
  CONTEXT_LEN,
  type JOB_CONTEXT,
  JOB_LEN,
  JOB_OK,
  type JOB_SOURCE,
  type JOB_TAG,
  LANE_JOBS,
  SA_CONTEXT,
} from "../../ts-bindings/layout.ts";
import {
  type CoreBench,
  expectBatch,
  greet,
  installSa,
  LANE,
  layOutSeal,
  openCoreBench,
  receive,
} from "../kernels/core_bench.ts";
import { type Aead, framesOf, SPI, type Workload, workloadOf } from "../kernels/workload.ts";
import { drawMembers, placed, random } from "./pool.ts";

/** A batch of a few packets. */
export interface Scene {
  readonly bench: CoreBench;
  readonly workload: Workload;
  readonly drawn: Keys;
}

/** Keys by place in the pool, and the contexts that the core makes of them. */
export interface Keys {
  readonly keys: readonly Uint8Array<ArrayBuffer>[];
  readonly contexts: readonly Uint8Array[];
}

/** Lays out a batch to seal. */
export async function openSealScene(aead: Aead, octets: number): Promise<Scene> {
  const bench = await openCoreBench();
  const workload = _small(workloadOf(aead, octets));
  greet(bench, workload);
  const drawn = _drawKeys(bench, workload, "outbound");
  layOutSeal(bench, workload);
  return { bench, workload, drawn };
}

/** A batch to open, and the offset of its frames. */
export interface OpenScene extends Scene {
  readonly framesAt: number;
}

/** Lays out a batch to open. */
export async function openOpenScene(aead: Aead, octets: number): Promise<OpenScene> {
  const bench = await openCoreBench();
  const workload = _small(workloadOf(aead, octets));
  const drawn = _drawKeys(bench, workload, "inbound");
  installSa(bench, { direction: "inbound", spi: SPI }, workload);
  receive(bench, framesOf(workload.packets));
  const framesAt = bench.core.rx_at(bench.conn);
  expectBatch(bench, workload.packets.length);
  return { bench, workload, drawn, framesAt };
}

/** Offsets of the context, source or tag of each job in the batch. */
export function jobOffsets(
  { bench, workload }: Scene,
  member: typeof JOB_CONTEXT | typeof JOB_SOURCE | typeof JOB_TAG,
): number[] {
  return workload.packets.map((_, n) => bench.views.u32[(_jobAt(bench, n) + member) / 4] ?? 0);
}

/** Number of packets that the last opening found authentic. */
export function countAuthentic({ bench, workload }: Scene): number {
  return workload.packets.filter((_, n) => bench.views.u32[(_jobAt(bench, n) + JOB_OK) / 4] === 1)
    .length;
}

/** Keeps only a few packets, so that a call takes some microseconds. */
function _small(workload: Workload): Workload {
  return { ...workload, packets: workload.packets.slice(0, 8) };
}

/**
 * Lets the core prepare keys and then removes them. No batch may be laid out meanwhile, because its
 * lane keeps SAs from being removed.
 */
function _drawKeys(bench: CoreBench, workload: Workload, direction: SaDirection): Keys {
  const keys = drawMembers(() => random(workload.key.length)).map((key) => new Uint8Array(key));
  const contexts = keys.map((key) => {
    const row = installSa(bench, { direction, spi: SPI + 2 }, { ...workload, key });
    const at = bench.core.sa_row(row) + SA_CONTEXT;
    const context = bench.views.u8.slice(at, at + CONTEXT_LEN);
    bench.core.sa_remove(SHELL, row);
    return context;
  });
  return { keys, contexts: placed(contexts) };
}

function _jobAt({ block }: CoreBench, n: number): number {
  return block + LANE_JOBS + n * JOB_LEN;
}

/** The shell's block comes after that of the one lane. */
const SHELL = LANE + 1;
