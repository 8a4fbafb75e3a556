// Our own kernels and our native engine, through the calls that lanes make: a batch is laid out as for traffic, and then its step 6 repeats.
//
// Sealing repeats `outbound_seal` over the jobs of one `outbound_next`, from the TUN's slots to the transmit ring;
// opening repeats `inbound_open` over the jobs of one `inbound`, in place, with the ciphertext put back in between.

import {
  BATCH_ESP,
  JOB_LEN,
  JOB_OK,
  LANE_BATCH_COUNT,
  LANE_JOBS,
} from "../../ts-bindings/layout.ts";
import { joinNativeEngine, openJobs, sealJobs } from "../../gateway/engine/native.ts";
import { runtime } from "../../gateway/runtime/mod.ts";
import {
  type CoreBench,
  fillSlot,
  installSa,
  LANE,
  NOW,
  openCoreBench,
  queued,
  receive,
} from "./core_bench.ts";
import { type Batch, expectOctets, type Kernel } from "./kernel.ts";
import { ENDS, ESP_TRAILER_LEN, frameOf, SPI, SPI_HELLO, type Workload } from "./workload.ts";

/** Starts a core of our own. */
export async function openCulvertWasm(): Promise<Kernel> {
  const bench = await openCoreBench();
  return {
    subject: "culvert-wasm",
    prepare: (operation, workload) =>
      operation === "open" ? _openBatch(bench, workload) : _sealBatch(bench, workload),
  };
}

/** Starts the variant of the core for runtimes without relaxed SIMD, at the sizes that are enough to tell what they pay. */
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
 * Starts a core whose AEAD step the native engine does.
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

/** The AEAD step as lanes take it. */
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
  const frames = _joined(workload.packets.map(frameOf));
  receive(bench, frames);
  const at = core.rx_at(conn);
  const packets = _expectBatch(bench, workload.packets.length);
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
      const expected = workload.packets.map((packet) =>
        frameOf({ ...packet, sealed: packet.plain })
      );
      const actual = views.u8.slice(at, at + frames.length);
      expectOctets(actual, _joined(expected), "inbound_open");
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
  _greet(bench, workload);
  installSa(bench, { direction: "outbound", spi: SPI }, workload);
  workload.packets.forEach(({ plain }, slot) =>
    fillSlot(bench, slot, plain.subarray(0, plain.length - ESP_TRAILER_LEN))
  );
  core.slots_in(LANE, workload.packets.length);
  if (core.outbound_next(LANE, NOW) !== conn) throw new Error("Cannot seal: no path");
  if (bench.native?.seal(bench.block) === false) {
    throw new Error("Cannot measure: left to the core");
  }
  const total = queued(bench).length;
  const frames = workload.packets.map(frameOf);
  // The transmit queue is short on purpose: not all packets of a batch need fit.
  const packets = Math.floor(total / (frames[0]?.length ?? total));
  return {
    packets,
    run: _steps(bench).seal,
    check: () => expectOctets(queued(bench), _joined(frames.slice(0, packets)), "outbound_seal"),
    close: () => {
      do {
        core.outbound_commit(LANE);
        core.tx_sent(LANE, conn, core.tx_plan(LANE, conn), NOW);
        core.tx_unlock(LANE, conn);
      } while (core.outbound_next(LANE, NOW) !== 0);
    },
  };
}

/** A first packet from the peer gives it a path. */
function _greet(bench: CoreBench, workload: Workload): void {
  const { core, conn } = bench;
  installSa(bench, { direction: "inbound", spi: SPI_HELLO }, workload);
  receive(bench, frameOf(workload.hello));
  _expectBatch(bench, 1);
  core.inbound_open(LANE);
  if (core.inbound_finish(LANE, conn, NOW) !== 1) throw new Error("Cannot open the first packet");
  core.rx_release_all(LANE, conn);
}

/** Looks for a batch, which must have as many jobs as there are packets. */
function _expectBatch({ core, views, conn, block }: CoreBench, packets: number): number {
  const kind = core.inbound(LANE, conn, NOW);
  const count = views.u32[(block + LANE_BATCH_COUNT) / 4];
  if (kind !== BATCH_ESP || count !== packets) {
    throw new Error(`Cannot open: batch of kind ${kind} with ${count}`);
  }
  return packets;
}

function _joined(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
