// Measures both engines by sealing for a few milliseconds, in a small memory made for it and
// through the same calls that lanes make.

import { AEADS } from "../../ts-bindings/aead.ts";
import { type Core, instantiateCore, planMemory } from "../../ts-bindings/core.ts";
import {
  IKE_DROP,
  JOB_LEN,
  LANE_JOB_COUNT,
  LANE_JOBS,
  LANE_SA_SPEC,
  LANE_SLOTS,
  SA_CONTEXT,
  SA_OUTBOUND,
  UNKNOWN_SPI_DROP,
} from "../../ts-bindings/layout.ts";
import { type RecordViews, viewRecords, writeJob, writeSaSpec } from "../../ts-bindings/records.ts";
import { isRefused } from "../../ts-bindings/outcome.ts";
import type { Runtime } from "../runtime/types.ts";
import { loadEngine, type NativeEngine, openNativeEngine } from "./native.ts";

/** Nanoseconds to seal a packet of 1400 octets with AES-128-GCM, in a batch. */
export interface EngineFigures {
  readonly wasm: number;
  readonly native: number;
}

/** What to measure. */
export interface MeasureOptions {
  readonly module: WebAssembly.Module;
  /** Path of the native library. */
  readonly path: string;
}

/**
 * One lane, the shell's block behind it, and one SA. A slot holds a packet of up to 1500 octets.
 */
const LIMITS = { lanes: 1, connections: 1, sas: 1, rings: 1, innerMtu: 1500 };
const SHELL = 1;

/**
 * Packets of the batch. Their sources are in the first half of the slots, and they are sealed into
 * the second half.
 */
const JOBS = 8;
const PACKET_LEN = 1400;
const STRIDE = 1500;

/** AES-128 key and salt, in octets. */
const KEY_LEN = 20;
const SPI = 0x100;

/** Each side needs one selector: all of IPv4. */
const ANY = { version: 4, bits: 0, octets: new Uint8Array(4) };

/**
 * Time for each engine, ms. The core gets more, because for most of it a JIT is still optimizing
 * the core on another thread.
 */
const WASM_MS = 8;
const NATIVE_MS = 1;

/**
 * Measures both engines. The best round of each counts, because other work on the machine only
 * makes rounds longer.
 *
 * @throws {Error} If the native library is not there or cannot be used; the message is only the
 *   reason
 */
export function measureEngines(
  runtime: Pick<Runtime, "openEngineLibrary" | "mapMemory" | "now">,
  { module, path }: MeasureOptions,
): EngineFigures {
  // Most machines have no library. Fail before anything is made.
  loadEngine(runtime, path);
  const memory = planMemory(module, LIMITS);
  const mapped = runtime.mapMemory(memory);
  const native = openNativeEngine({ runtime, path, memory, mapped });
  try {
    const core = instantiateCore({ module, memory });
    const { lanes, connections, sas, rings, innerMtu } = LIMITS;
    core.core_init(
      lanes,
      connections,
      sas,
      rings,
      innerMtu,
      0,
      0,
      0,
      1,
      IKE_DROP,
      UNKNOWN_SPI_DROP,
    );
    const block = layOut(core, native, viewRecords(memory));
    return {
      wasm: nanoseconds(runtime.now, WASM_MS, () => core.outbound_seal(0)),
      native: nanoseconds(runtime.now, NATIVE_MS, () => {
        if (!native.seal(block)) throw new Error(`${path} does not seal`);
      }),
    };
  } finally {
    native.close();
  }
}

/**
 * Installs one SA in both engines, and lays out a batch for it. Returns the offset of the lane's
 * block.
 */
function layOut(core: Core, native: NativeEngine, views: RecordViews): number {
  const shell = core.lane_block(SHELL);
  writeSpec(views, shell + LANE_SA_SPEC);
  const sa = core.sa_install(SHELL);
  if (isRefused(sa)) throw new Error("The core takes no SA");
  writeSpec(views, shell + LANE_SA_SPEC);
  native.install(shell, sa);
  const block = core.lane_block(0);
  const context = core.sa_row(sa) + SA_CONTEXT;
  for (let i = 0; i < JOBS; i++) layJob(views, { block, i, sa, context });
  views.u32[(block + LANE_JOB_COUNT) >>> 2] = JOBS;
  return block;
}

/**
 * Writes the specification of the SA. The key is all zero, because nothing it seals leaves this
 * memory.
 */
function writeSpec(views: RecordViews, at: number): void {
  writeSaSpec(views, at, {
    spi: SPI,
    direction: SA_OUTBOUND,
    peer: 1,
    algorithm: AEADS["aes-gcm-16"].number,
    esn: 0,
    windowLen: 0,
    keyLen: KEY_LEN,
    localCount: 1,
    remoteCount: 1,
    standby: 0,
    initialSequence: 0n,
    ivOffset: 0n,
    softPackets: 0n,
    softOctets: 0n,
    softSeconds: 0,
    hardPackets: 0n,
    hardOctets: 0n,
    hardSeconds: 0,
    now: 0,
    key: new Uint8Array(KEY_LEN),
    local: [ANY],
    remote: [ANY],
  });
}

function layJob(
  views: RecordViews,
  { block, i, sa, context }: {
    readonly block: number;
    readonly i: number;
    readonly sa: number;
    readonly context: number;
  },
): void {
  const source = block + LANE_SLOTS + i * STRIDE;
  const data = source + JOBS * STRIDE;
  const aad = new Uint8Array(8);
  new DataView(aad.buffer).setUint32(0, SPI);
  writeJob(views, block + LANE_JOBS + i * JOB_LEN, {
    context,
    data,
    dataLen: PACKET_LEN,
    source,
    tag: data + PACKET_LEN,
    aadLen: aad.length,
    ok: 0,
    sa,
    nonce: new Uint8Array(12),
    aad,
    sequence: 0n,
  });
}

function nanoseconds(now: () => number, budgetMs: number, seal: () => void): number {
  const endAt = now() + budgetMs;
  let best = Infinity;
  do {
    const startedAt = now();
    seal();
    best = Math.min(best, now() - startedAt);
  } while (now() < endAt);
  return best * 1e6 / JOBS;
}
