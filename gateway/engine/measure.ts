// Measures both engines by sealing for a few milliseconds, in a small memory made for it and
// through the same calls that lanes make.

import { type Core, instantiateCore, planMemory } from "../../ts-bindings/core.ts";
import {
  AEAD_AES_GCM_16,
  IKE_DROP,
  JOB_AAD,
  JOB_AAD_LEN,
  JOB_CONTEXT,
  JOB_DATA,
  JOB_DATA_LEN,
  JOB_LEN,
  JOB_SA,
  JOB_SOURCE,
  JOB_TAG,
  LANE_JOB_COUNT,
  LANE_JOBS,
  LANE_SA_SPEC,
  LANE_SLOTS,
  SA_CONTEXT,
  SA_OUTBOUND,
  SPEC_ALGORITHM,
  SPEC_DIRECTION,
  SPEC_KEY,
  SPEC_KEY_LEN,
  SPEC_LOCAL,
  SPEC_LOCAL_COUNT,
  SPEC_PEER,
  SPEC_REMOTE,
  SPEC_REMOTE_COUNT,
  SPEC_SELECTOR_VERSION,
  SPEC_SPI,
  UNKNOWN_SPI_DROP,
} from "../../ts-bindings/layout.ts";
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
const SELECTORS = [[SPEC_LOCAL_COUNT, SPEC_LOCAL], [SPEC_REMOTE_COUNT, SPEC_REMOTE]] as const;

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
    const block = layOut(core, native, new DataView(memory.buffer));
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
function layOut(core: Core, native: NativeEngine, view: DataView): number {
  const shell = core.lane_block(SHELL);
  writeSpec(view, shell + LANE_SA_SPEC);
  const sa = core.sa_install(SHELL);
  if (sa <= 0) throw new Error("The core takes no SA");
  writeSpec(view, shell + LANE_SA_SPEC);
  native.install(shell, sa);
  const block = core.lane_block(0);
  const context = core.sa_row(sa) + SA_CONTEXT;
  for (let i = 0; i < JOBS; i++) writeJob(view, { block, i, sa, context });
  view.setUint32(block + LANE_JOB_COUNT, JOBS, LITTLE_ENDIAN);
  return block;
}

/**
 * Writes the specification of the SA. The key is all zero, because nothing it seals leaves this
 * memory.
 */
function writeSpec(view: DataView, at: number): void {
  view.setUint32(at + SPEC_SPI, SPI, LITTLE_ENDIAN);
  view.setUint32(at + SPEC_DIRECTION, SA_OUTBOUND, LITTLE_ENDIAN);
  view.setUint32(at + SPEC_PEER, 1, LITTLE_ENDIAN);
  view.setUint32(at + SPEC_ALGORITHM, AEAD_AES_GCM_16, LITTLE_ENDIAN);
  view.setUint32(at + SPEC_KEY_LEN, KEY_LEN, LITTLE_ENDIAN);
  for (const [count, selector] of SELECTORS) {
    view.setUint32(at + count, 1, LITTLE_ENDIAN);
    view.setUint32(at + selector + SPEC_SELECTOR_VERSION, 4, LITTLE_ENDIAN);
  }
  for (let i = 0; i < KEY_LEN; i++) view.setUint8(at + SPEC_KEY + i, 0);
}

function writeJob(
  view: DataView,
  { block, i, sa, context }: {
    readonly block: number;
    readonly i: number;
    readonly sa: number;
    readonly context: number;
  },
): void {
  const at = block + LANE_JOBS + i * JOB_LEN;
  const source = block + LANE_SLOTS + i * STRIDE;
  const data = source + JOBS * STRIDE;
  view.setUint32(at + JOB_CONTEXT, context, LITTLE_ENDIAN);
  view.setUint32(at + JOB_SOURCE, source, LITTLE_ENDIAN);
  view.setUint32(at + JOB_DATA, data, LITTLE_ENDIAN);
  view.setUint32(at + JOB_DATA_LEN, PACKET_LEN, LITTLE_ENDIAN);
  view.setUint32(at + JOB_TAG, data + PACKET_LEN, LITTLE_ENDIAN);
  view.setUint32(at + JOB_AAD_LEN, 8, LITTLE_ENDIAN);
  view.setUint32(at + JOB_SA, sa, LITTLE_ENDIAN);
  view.setUint32(at + JOB_AAD, SPI);
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

const LITTLE_ENDIAN = true;
