// Loads the core that wasm-pack made (`esp.*.wasm`, `esp.d.ts`) and makes instances of it.
//
// `exports.ts` says what each function does; docs/design/borders.md has the rules for all.

import type * as raw from "./esp.d.ts";
import { type Core, withOffsets } from "./exports.ts";
import { ABI } from "./layout.ts";

export type { Core };

/** Both variants are built from the same source. `relaxed` uses the relaxed SIMD instructions. */
export type CoreVariant = "relaxed" | "strict";

export interface LoadedCore {
  readonly variant: CoreVariant;
  /** You may post it to workers. */
  readonly module: WebAssembly.Module;
}

/** The limits that determine the size of the memory. */
export interface CoreLimits {
  readonly lanes: number;
  readonly connections: number;
  readonly sas: number;
  readonly rings: number;
  readonly innerMtu: number;
}

/**
 * Compiles the faster variant of the core that this runtime can validate.
 *
 * @param read Returns the octets of a variant; called for `strict` only if relaxed SIMD is missing
 * @throws {WebAssembly.CompileError} If this runtime can validate neither: it lacks SIMD or threads
 */
export async function loadCore(
  read: (variant: CoreVariant) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<LoadedCore> {
  const relaxed = await read("relaxed");
  if (WebAssembly.validate(relaxed)) {
    return { variant: "relaxed", module: await WebAssembly.compile(relaxed) };
  }
  return { variant: "strict", module: await WebAssembly.compile(await read("strict")) };
}

/**
 * Makes the only memory of a gateway. It is shared, exactly as large as the core's plan, and never
 * grows.
 *
 * The plan comes from an instance on a small memory of its own, which is dropped afterwards.
 *
 * @throws {RangeError} If the limits do not fit in 4 GiB, or the system refuses the memory
 */
export function planMemory(module: WebAssembly.Module, limits: CoreLimits): WebAssembly.Memory {
  const planner = instantiateCore({ module, memory: _sharedMemory(PLAN_PAGES) });
  const { lanes, connections, sas, rings, innerMtu } = limits;
  const pages = planner.memory_pages(lanes, connections, sas, rings, innerMtu);
  if (pages === 0) {
    throw new RangeError(
      `Cannot plan memory: ${connections} connections, ${sas} SAs and ${rings} rings exceed 4 GiB`,
    );
  }
  return _sharedMemory(pages);
}

/**
 * Makes this thread's instance of the core on the shared memory, with a stack of its own.
 *
 * The first instance on a memory, the shell's, writes the static data and uses the linker's stack.
 * Lanes come after it. An instance lives until its process ends: stacks are not given back.
 *
 * @throws {TypeError} If the core was built with another border than these bindings
 */
export function instantiateCore(
  { module, memory }: { readonly module: WebAssembly.Module; readonly memory: WebAssembly.Memory },
): Core {
  const { exports } = new WebAssembly.Instance(module, { [IMPORT_MODULE]: { memory } });
  const core = exports as unknown as Omit<typeof raw, "memory">;
  const abi = core.core_abi();
  if (abi !== ABI) {
    throw new TypeError(`Cannot use this core: its border has version ${abi}, not ${ABI}`);
  }
  core.__wbindgen_start(STACK_LEN);
  return withOffsets(core);
}

function _sharedMemory(pages: number): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}

/** Name of the module from which wasm-bindgen imports the memory. */
const IMPORT_MODULE = "./esp_bg.js";

/**
 * Octets of the stack of each further instance, a multiple of the page size. The core's fixed heap
 * has room for one stack per lane.
 */
const STACK_LEN = 262_144;

/** Enough pages for the static data of an instance that only plans. */
const PLAN_PAGES = 128;
