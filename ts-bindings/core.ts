// The typed border of the core: what wasm-pack made (`esp.*.wasm`, `esp.d.ts`) as one interface of numbers.
//
// docs/design/borders.md says what each function does and who may call it.

// deno-lint-ignore-file camelcase -- names are those of the exports, as libc's stay libc's

import type * as raw from "./esp.d.ts";

/** Everything the core does. All parameters and results are numbers; offsets are octets from the start of the memory. */
export interface Core {
  core_abi(): number;
  memory_pages(
    lanes: number,
    connections: number,
    sas: number,
    rings: number,
    innerMtu: number,
  ): number;
  core_init(
    lanes: number,
    connections: number,
    sas: number,
    rings: number,
    innerMtu: number,
    baseLow: number,
    baseHigh: number,
    maxPerSource: number,
    suspectLimit: number,
    ike: number,
    unknownSpi: number,
  ): number;
  lane_block(lane: number): number;
  conn_row(conn: number): number;
  sa_row(id: number): number;

  conn_open(lane: number, fd: number, epfd: number, now: number, epochMs: number): number;
  conn_local(lane: number, conn: number): void;
  conn_close_begin(lane: number, conn: number, status: number): number;
  conn_close_end(lane: number, conn: number): void;
  conn_state(lane: number, conn: number, state: number): void;

  rx_prepare(lane: number, conn: number): number;
  rx_commit(lane: number, conn: number, octets: number, now: number): void;
  rx_len(conn: number): number;
  rx_at(conn: number): number;
  rx_skip(lane: number, conn: number, octets: number): void;
  rx_release(lane: number, conn: number, sends: number): void;
  rx_rest(lane: number, conn: number): void;
  inbound(lane: number, conn: number, now: number): number;
  inbound_open(lane: number): void;
  inbound_finish(lane: number, conn: number, now: number): number;
  inner_plan(lane: number): number;

  upstream_begin(lane: number, conn: number): number;
  upstream_in(lane: number, conn: number, read: number, now: number): number;
  upstream_end(lane: number, conn: number): void;

  inner_offload(lane: number, offload: number): void;
  slots_in(lane: number, count: number): void;
  echo_in(lane: number, count: number): number;
  echo_address(lane: number, family: number, offset: number): number;
  dummy_in(lane: number, sa: number, octets: number): number;
  outbound_next(lane: number, now: number): number;
  outbound_seal(lane: number): void;
  outbound_commit(lane: number): void;

  tx_lock(lane: number, conn: number): number;
  tx_plan(lane: number, conn: number): number;
  tx_sent(lane: number, conn: number, octets: number, now: number): number;
  tx_unlock(lane: number, conn: number): void;

  sa_install(lane: number): number;
  sa_remove(lane: number, spi: number): number;
  sa_find(spi: number): number;
  sa_sweep(lane: number, now: number): number;
  peer_path(peer: number): number;
  peer_use(peer: number, conn: number): void;
  peer_forget(peer: number): void;

  count(lane: number, status: number, n: number): void;
  event(
    lane: number,
    kind: number,
    conn: number,
    status: number,
    spi: number,
    value: number,
  ): void;
  ike_delay(lane: number, ms: number): void;
  core_wipe_all(): void;
}

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
 */
export function instantiateCore(
  { module, memory }: { readonly module: WebAssembly.Module; readonly memory: WebAssembly.Memory },
): Core {
  const { exports } = new WebAssembly.Instance(module, { [IMPORT_MODULE]: { memory } });
  const core = exports as unknown as Omit<typeof raw, "memory">;
  core.__wbindgen_start(STACK_LEN);
  // WebAssembly returns i32, so an offset above 2 GiB would be negative.
  return {
    ...core,
    lane_block: (lane: number): number => core.lane_block(lane) >>> 0,
    conn_row: (conn: number): number => core.conn_row(conn) >>> 0,
    sa_row: (id: number): number => core.sa_row(id) >>> 0,
    rx_at: (conn: number): number => core.rx_at(conn) >>> 0,
  };
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
