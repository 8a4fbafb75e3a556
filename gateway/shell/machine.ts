// The base of a gateway: the core on its one memory, libc, and one clock.

import { type Core, instantiateCore, loadCore, planMemory } from "../../ts-bindings/core.ts";
import { LANE_SCRATCH, SAS_MAX } from "../../ts-bindings/layout.ts";
import type { GatewayConfig } from "../config/types.ts";
import { chooseEngine, type EngineChoice } from "../engine/choose.ts";
import { engineError, type NativeEngine, openNativeEngine } from "../engine/native.ts";
import { createClock } from "../linux/clock.ts";
import { coreEnds } from "../lane/core_ends.ts";
import { endProcess } from "../linux/end_process.ts";
import { createScratch, type Kernel } from "../linux/kernel.ts";
import type { MappedMemory, Runtime } from "../runtime/types.ts";
import { endsOf } from "./ends.ts";
import { guardCore } from "./guard_core.ts";
import { type MemoryViews, viewMemory } from "./memory_views.ts";

/**
 * Ring blocks of the pool. A connection that is busy both ways takes three; the pool ends at 1.3 GB
 * of addresses.
 */
const RINGS_MAX = 4096;
const RINGS_PER_CONNECTION = 3;

/** The parts that everything else is built on. */
export interface Machine {
  readonly core: Core;
  /** Tells what runs the AEAD. */
  readonly engine: EngineChoice;
  /** The native engine on this memory; null if the core runs the AEAD. */
  readonly native: NativeEngine | null;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly mapped: MappedMemory;
  readonly views: MemoryViews;
  readonly kernel: Kernel;
  /** Monotonic ms, the same in shell and lanes. */
  readonly clock: () => number;
  /** Number of the shell's block, the one behind the lanes'. */
  readonly index: number;
  /** Offsets of all blocks, octets; the shell's is the last. */
  readonly blocks: readonly number[];
  /** Ring blocks of the pool. */
  readonly rings: number;
}

/**
 * Loads the core, makes its memory, opens libc.
 *
 * @throws {Error} If this is not Linux, the engine is missing, or the limits do not fit into the
 *   memory
 */
export async function openMachine(
  { runtime, config, isIkeInside }: {
    readonly runtime: Runtime;
    readonly config: GatewayConfig;
    readonly isIkeInside: boolean;
  },
): Promise<Machine> {
  if (runtime.os !== "linux") {
    throw new Error(
      `Cannot start on ${runtime.os}: needs Linux, whose libc drives sockets and TUN`,
    );
  }
  const libc = runtime.openLibc();
  const loaded = await loadCore(runtime.readCore);
  const { module } = loaded;
  const engine = chooseEngine({ runtime, wanted: config.engine, core: loaded });
  const { lanes, maxConnections: connections, innerMtu } = config;
  const rings = Math.min(RINGS_PER_CONNECTION * connections + lanes, RINGS_MAX);
  const memory = planMemory(module, { lanes, connections, sas: SAS_MAX, rings, innerMtu });
  const mapped = runtime.mapMemory(memory);
  const core = guardCore(
    instantiateCore({ module, memory }),
    (error) => endProcess(runtime, libc, { format: config.logFormat, lane: null, error }),
  );
  initCore(core, { config, isIkeInside, rings, base: mapped.base });
  const offset = core.lane_block(lanes) + LANE_SCRATCH;
  return {
    core,
    engine,
    native: attachNative(runtime, { engine, memory, mapped }),
    module,
    memory,
    mapped,
    views: viewMemory(memory),
    kernel: { libc, scratch: createScratch({ memory, mapped, offset }) },
    clock: createClock({ libc, memory, mapped, offset }),
    index: lanes,
    blocks: Array.from({ length: lanes + 1 }, (_, lane) => core.lane_block(lane)),
    rings,
  };
}

function attachNative(
  runtime: Runtime,
  { engine, memory, mapped }: Pick<Machine, "engine" | "memory" | "mapped">,
): NativeEngine | null {
  if (engine.path === null) return null;
  try {
    return openNativeEngine({ runtime, path: engine.path, memory, mapped });
  } catch (error) {
    throw engineError(error);
  }
}

function initCore(
  core: Core,
  { config, isIkeInside, rings, base }: {
    readonly config: GatewayConfig;
    readonly isIkeInside: boolean;
    readonly rings: number;
    readonly base: bigint;
  },
): void {
  const { ike, unknownSpi } = endsOf(config);
  const ends = coreEnds({ ike: isIkeInside ? { kind: "inside" } : ike, unknownSpi });
  const isLaidOut = core.core_init(
    config.lanes,
    config.maxConnections,
    SAS_MAX,
    rings,
    config.innerMtu,
    Number(base & 0xffffffffn),
    Number(base >> 32n),
    config.maxConnectionsPerSource,
    config.suspectLimit,
    ends.ike,
    ends.unknownSpi,
  );
  if (isLaidOut === 0) throw new Error("Cannot lay out the core's memory: it does not fit");
}
