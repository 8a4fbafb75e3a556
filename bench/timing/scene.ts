// A core with a batch laid out, as a lane has it before step 6, and how keys get into it.

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
  fillSlot,
  installSa,
  LANE,
  NOW,
  openCoreBench,
  receive,
} from "../kernels/core_bench.ts";
import {
  type Aead,
  frameOf,
  SPI,
  SPI_HELLO,
  type Workload,
  workloadOf,
} from "../kernels/workload.ts";
import { drawMembers, placed, random } from "./pool.ts";

/** A batch of a few packets. */
export interface Scene {
  readonly bench: CoreBench;
  readonly workload: Workload;
  readonly drawn: Keys;
}

/** Keys by places in the pool, and as the core makes them ready. */
export interface Keys {
  readonly keys: readonly Uint8Array<ArrayBuffer>[];
  readonly contexts: readonly Uint8Array[];
}

/** Lays out a batch that is to be sealed. */
export async function openSealScene(aead: Aead, octets: number): Promise<Scene> {
  const bench = await openCoreBench();
  const workload = _small(workloadOf(aead, octets));
  _greet(bench, workload);
  const drawn = _drawKeys(bench, workload, "outbound");
  installSa(bench, { direction: "outbound", spi: SPI }, workload);
  workload.packets.forEach(({ plain }, slot) => fillSlot(bench, slot, plain.subarray(0, -2)));
  bench.core.slots_in(LANE, workload.packets.length);
  if (bench.core.outbound_next(LANE, NOW) !== bench.conn) throw new Error("Cannot seal: no path");
  return { bench, workload, drawn };
}

/** A batch that is to be opened, and where its frames begin. */
export interface OpenScene extends Scene {
  readonly framesAt: number;
}

/** Lays out a batch that is to be opened. */
export async function openOpenScene(aead: Aead, octets: number): Promise<OpenScene> {
  const bench = await openCoreBench();
  const workload = _small(workloadOf(aead, octets));
  const drawn = _drawKeys(bench, workload, "inbound");
  installSa(bench, { direction: "inbound", spi: SPI }, workload);
  receive(bench, framesOf(workload.packets));
  const framesAt = bench.core.rx_at(bench.conn);
  bench.core.inbound(LANE, bench.conn, NOW);
  return { bench, workload, drawn, framesAt };
}

/** Frames of packets, one after the other. */
export function framesOf(packets: Workload["packets"]): Uint8Array {
  return Uint8Array.from(packets.flatMap((packet) => [...frameOf(packet)]));
}

/** Where the batch's jobs have their context, source or tag. */
export function jobOffsets(
  { bench, workload }: Scene,
  member: typeof JOB_CONTEXT | typeof JOB_SOURCE | typeof JOB_TAG,
): number[] {
  return workload.packets.map((_, n) => bench.views.u32[(_jobAt(bench, n) + member) / 4] ?? 0);
}

/** How many packets the last opening found authentic. */
export function countAuthentic({ bench, workload }: Scene): number {
  return workload.packets.filter((_, n) => bench.views.u32[(_jobAt(bench, n) + JOB_OK) / 4] === 1)
    .length;
}

/** Few packets: a time of some microseconds. */
function _small(workload: Workload): Workload {
  return { ...workload, packets: workload.packets.slice(0, 8) };
}

/** Keys made ready by the core, then forgotten by it. Not while a batch is laid out: its lane keeps SAs from being removed. */
function _drawKeys(bench: CoreBench, workload: Workload, direction: SaDirection): Keys {
  const keys = drawMembers(() => random(workload.key.length)).map((key) => new Uint8Array(key));
  const contexts = keys.map((key) => {
    installSa(bench, { direction, spi: SPI + 2 }, { ...workload, key });
    const at = bench.core.sa_row(bench.core.sa_find(SPI + 2)) + SA_CONTEXT;
    const context = bench.views.u8.slice(at, at + CONTEXT_LEN);
    bench.core.sa_remove(SHELL, SPI + 2);
    return context;
  });
  return { keys, contexts: placed(contexts) };
}

function _jobAt({ block }: CoreBench, n: number): number {
  return block + LANE_JOBS + n * JOB_LEN;
}

/** A first packet from the peer gives it a path. */
function _greet(bench: CoreBench, workload: Workload): void {
  const { core, conn } = bench;
  installSa(bench, { direction: "inbound", spi: SPI_HELLO }, workload);
  receive(bench, frameOf(workload.hello));
  core.inbound(LANE, conn, NOW);
  core.inbound_open(LANE);
  if (core.inbound_finish(LANE, conn, NOW) !== 1) throw new Error("Cannot open a packet");
  core.rx_release_all(LANE, conn);
}

/** The shell's block is behind that of the one lane. */
const SHELL = LANE + 1;
