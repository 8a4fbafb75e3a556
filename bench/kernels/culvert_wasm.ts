// Our own kernels and our native engine, through the calls that lanes make: a batch is laid out as
// for traffic, and then only its AEAD step (step 6) is repeated.
//
// Sealing repeats `outbound_seal` over the jobs of one `outbound_next`, from the TUN's slots to the
// transmit ring. Opening repeats `inbound_open` over the jobs of one `inbound`, in place, and puts
// the ciphertext back before each repetition.

import { JOB_LEN, JOB_OK, LANE_JOBS } from "../../ts-bindings/layout.ts";
import { joinNativeEngine, openJobs, sealJobs } from "../../gateway/engine/native.ts";
import { runtime } from "../../gateway/runtime/mod.ts";
import {
  type CoreBench,
  expectBatch,
  greet,
  installSa,
  LANE,
  layOutSeal,
  NOW,
  openCoreBench,
  queued,
  receive,
} from "./core_bench.ts";
import { type Batch, expectOctets, type Kernel } from "./kernel.ts";
import { ENDS, framesOf, SPI, type Workload } from "./workload.ts";

/** Opens the core as a subject. */
export async function openCulvertWasm(): Promise<Kernel> {
  const bench = await openCoreBench();
  return {
    subject: "culvert-wasm",
    prepare: (operation, workload) =>
      operation === "open" ? _openBatch(bench, workload) : _sealBatch(bench, workload),
  };
}

/**
 * Opens the core's variant for runtimes without relaxed SIMD. Two sizes are enough to show its
 * cost.
 */
export async function openCulvertStrict(): Promise<Kernel> {
  const bench = await openCoreBench({ variant: "strict" });
  return {
    subject: "culvert-wasm-strict",
    prepare: (operation, workload) => {
      if (!ENDS.includes(workload.octets)) return undefined;
      return operation === "open" ? _openBatch(bench, workload) : _sealBatch(bench, workload);
    },
  };
}

/**
 * Opens a core whose AEAD step is done by the native engine.
 *
 * @throws {Error} If its library has not been built
 */
export async function openCulvertNative(): Promise<Kernel> {
  const bench = await openCoreBench({ library: runtime.engineLibraryPath() });
  return {
    subject: "culvert-native",
    prepare: (operation, workload) =>
      operation === "open" ? _openBatch(bench, workload) : _sealBatch(bench, workload),
  };
}

/** The AEAD step, called as lanes call it. */
function _steps({ core, native, block }: CoreBench): { open: () => void; seal: () => void } {
  if (native === null) {
    return { open: () => core.inbound_open(LANE), seal: () => core.outbound_seal(LANE) };
  }
  const place = {
    core,
    index: LANE,
    tables: { block },
    native: joinNativeEngine(runtime, native.handle),
  };
  return { open: () => openJobs(place), seal: () => sealJobs(place) };
}

function _openBatch(bench: CoreBench, workload: Workload): Batch {
  const { core, views, conn, block } = bench;
  installSa(bench, { direction: "inbound", spi: SPI }, workload);
  const frames = framesOf(workload.packets);
  receive(bench, frames);
  const at = core.rx_at(conn);
  const packets = expectBatch(bench, workload.packets.length);
  const restore = (): void => views.u8.set(frames, at);
  if (bench.native?.open(block) === false) throw new Error("Cannot measure: left to the core");
  return {
    packets,
    restore,
    run: _steps(bench).open,
    check: () => {
      const ok = (_: unknown, job: number): boolean =>
        views.u32[(block + LANE_JOBS + job * JOB_LEN + JOB_OK) / 4] === 1;
      if (!workload.packets.every(ok)) throw new Error("Cannot trust inbound_open: not authentic");
      const expected = workload.packets.map((packet) => ({ ...packet, sealed: packet.plain }));
      const actual = views.u8.slice(at, at + frames.length);
      expectOctets(actual, framesOf(expected), "inbound_open");
    },
    close: () => {
      restore();
      core.inbound_open(LANE);
      core.inbound_finish(LANE, conn, NOW);
      core.rx_release_all(LANE, conn);
    },
  };
}

function _sealBatch(bench: CoreBench, workload: Workload): Batch {
  const { core, conn } = bench;
  greet(bench, workload);
  layOutSeal(bench, workload);
  if (bench.native?.seal(bench.block) === false) {
    throw new Error("Cannot measure: left to the core");
  }
  // The transmit queue is kept short, so not every packet of a batch fits.
  const packets = Math.floor(queued(bench).length / framesOf(workload.packets.slice(0, 1)).length);
  const expected = framesOf(workload.packets.slice(0, packets));
  return {
    packets,
    run: _steps(bench).seal,
    check: () => expectOctets(queued(bench), expected, "outbound_seal"),
    close: () => {
      do {
        core.outbound_commit(LANE);
        core.tx_sent(LANE, conn, core.tx_plan(LANE, conn), NOW);
        core.tx_unlock(LANE, conn);
      } while (core.outbound_next(LANE, NOW) !== 0);
    },
  };
}
