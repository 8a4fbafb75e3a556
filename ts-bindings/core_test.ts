import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { WorkerInit, WorkerNotice } from "../tests/support/programs/core_lane_program.ts";
import {
  type Core,
  type CoreLimits,
  type CoreVariant,
  instantiateCore,
  loadCore,
  planMemory,
} from "./core.ts";
import type * as raw from "./esp.d.ts";
import { ABI, FAMILY_V4, IKE_DROP, LANE_SOCKADDR, UNKNOWN_SPI_DROP } from "./layout.ts";

const LIMITS = { lanes: 3, connections: 64, sas: 16, rings: 8, innerMtu: 1400 };

test("both variants import the memory alone and export the same", async () => {
  const [relaxed, strict] = await Promise.all([compile("relaxed"), compile("strict")]);
  for (const module of [relaxed, strict]) {
    const imports = WebAssembly.Module.imports(module).map(({ name, kind }) => ({ name, kind }));
    deepEqual(imports, [{ name: "memory", kind: "memory" }]);
  }
  deepEqual(WebAssembly.Module.exports(relaxed), WebAssembly.Module.exports(strict));
  const types = await readFile(new URL("./esp.d.ts", import.meta.url), "utf8");
  const names = WebAssembly.Module.exports(relaxed).filter(({ kind }) => kind === "function").map((
    { name },
  ) => name);
  deepEqual(
    names.sort(),
    [...types.matchAll(/^export const (\w+):/gm)].map(([, name]) => name).sort(),
  );
});

test("the interface has every export, with all its parameters", () => {
  // Checks `interface Core` at compile time against the types that wasm-pack wrote.
  type Exports = Omit<typeof raw, "memory" | `__wbindgen_${string}`>;
  type SameNames = [keyof Exports, keyof Core] extends [keyof Core, keyof Exports] ? true : never;
  type SameParameters = {
    [Name in keyof Core]: Parameters<Core[Name]>["length"] extends
      Parameters<Exports[Name]>["length"] ? true : never;
  }[keyof Core];
  const isSame: [SameNames, SameParameters] = [true, true];
  deepEqual(isSame, [true, true]);
});

test("loadCore() takes the relaxed variant where it is valid", async () => {
  const asked: CoreVariant[] = [];
  const loaded = await loadCore((variant) => (asked.push(variant), octetsOf(variant)));
  equal(loaded.variant, "relaxed");
  deepEqual(asked, ["relaxed"]);
});

test("loadCore() takes the strict variant where the relaxed one is not valid", async () => {
  const unknown = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0xff);
  const loaded = await loadCore((variant) =>
    variant === "relaxed" ? Promise.resolve(unknown) : octetsOf(variant)
  );
  equal(loaded.variant, "strict");
  equal(newCore(loaded.module).core.core_abi(), ABI);
});

test("instantiateCore() refuses a core of another build", async () => {
  const text = (name: string): number[] => [name.length, ...new TextEncoder().encode(name)];
  const memory = [...text("./esp_bg.js"), ...text("memory"), 2, 3, 1, 1];
  const exports = [...text("core_abi"), 0, 0, ...text("__wbindgen_start"), 0, 1];
  // (func (result i32) (i32.const 0)) and (func (param i32)), with the memory imported.
  const old = Uint8Array.of(
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, 9, 2, 0x60, 0, 1, 0x7f, 0x60, 1, 0x7f, 0],
    ...[2, memory.length + 1, 1, ...memory],
    ...[3, 3, 2, 0, 1],
    ...[7, exports.length + 1, 2, ...exports],
    ...[10, 9, 2, 4, 0, 0x41, 0, 0x0b, 2, 0, 0x0b],
  );
  const module = await WebAssembly.compile(old);
  const shared = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  throws(() => instantiateCore({ module, memory: shared }), /its border has version 0, not 2/);
});

test("planMemory() makes shared memory of the planned size, which cannot grow", async () => {
  const module = await compile("relaxed");
  const memory = planMemory(module, LIMITS);
  const { lanes, connections, sas, rings, innerMtu } = LIMITS;
  const pages = instantiateCore({ module, memory })
    .memory_pages(lanes, connections, sas, rings, innerMtu);
  ok(memory.buffer instanceof SharedArrayBuffer);
  equal(memory.buffer.byteLength, pages * 65_536);
  throws(() => memory.grow(1), RangeError);
});

test("planMemory() refuses what exceeds 4 GiB", async () => {
  const module = await compile("relaxed");
  throws(() => planMemory(module, { ...LIMITS, rings: 65_536 }), /^RangeError: Cannot plan memory/);
});

test("rx_at() is positive above 2 GiB", async () => {
  const limits = { ...LIMITS, connections: 11_000, rings: 11_000 };
  const { core, memory } = newCore(await compile("relaxed"), limits);
  const offsets = openAll(core, memory, limits).map((row) => {
    core.conn_trust(limits.lanes, row, 1);
    ok(core.rx_prepare(limits.lanes, row) > 0);
    return core.rx_at(row);
  });
  ok(Math.min(...offsets) > 0);
  ok(Math.max(...offsets) > 2 ** 31);
});

for (const variant of ["relaxed", "strict"] as const) {
  test(`threads share the core's tables and not their stacks, ${variant}`, async () => {
    const module = await compile(variant);
    const { core, memory } = newCore(module);
    const claims = new Int32Array(new SharedArrayBuffer(4 * (LIMITS.connections + 1)));
    const init = { module, memory, claims, rounds: 20_000, held: 16 };
    for (const lane of [0, 1, 2]) writeSource(core, memory, lane);
    const notices = await Promise.all([0, 1, 2].map((lane) => takeTurns({ ...init, lane })));
    deepEqual(notices, [0, 1, 2].map((lane) => ({ lane, stolen: 0, refused: 0 })));
    // Nothing was left open: every row can be opened, once.
    const rows = openAll(core, memory, LIMITS);
    equal(new Set(rows).size, LIMITS.connections);
    ok(core.conn_open(LIMITS.lanes, 1, 1, 0, 0) < 0);
  });
}

function newCore(
  module: WebAssembly.Module,
  limits: CoreLimits = LIMITS,
): { readonly core: Core; readonly memory: WebAssembly.Memory } {
  const memory = planMemory(module, limits);
  const core = instantiateCore({ module, memory });
  const { lanes, connections, sas, rings, innerMtu } = limits;
  equal(
    core.core_init(
      lanes,
      connections,
      sas,
      rings,
      innerMtu,
      0,
      0,
      connections,
      64,
      IKE_DROP,
      UNKNOWN_SPI_DROP,
    ),
    1,
  );
  return { core, memory };
}

/** Opens as many connections as there are rows, through the shell's block. */
function openAll(core: Core, memory: WebAssembly.Memory, limits: CoreLimits): number[] {
  writeSource(core, memory, limits.lanes);
  return Array.from({ length: limits.connections }, () => core.conn_open(limits.lanes, 1, 1, 0, 0))
    .filter((row) => row > 0);
}

/** Writes the source address that each `conn_open` of `lane` reads: 127.0.0.1, port 1. */
function writeSource(core: Core, memory: WebAssembly.Memory, lane: number): void {
  const at = core.lane_block(lane) + LANE_SOCKADDR;
  new Uint8Array(memory.buffer).set([FAMILY_V4, 0, 0, 1, 127, 0, 0, 1], at);
}

async function takeTurns(init: WorkerInit): Promise<WorkerNotice> {
  const worker = new Worker(
    new URL("../tests/support/programs/core_lane_program.ts", import.meta.url),
    { type: "module" },
  );
  try {
    return await new Promise<WorkerNotice>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<WorkerNotice>): void => resolve(data);
      worker.onerror = (event): void => reject(new Error(`Cannot run a lane: ${event.message}`));
      worker.postMessage(init);
    });
  } finally {
    worker.terminate();
  }
}

async function compile(variant: CoreVariant): Promise<WebAssembly.Module> {
  return await WebAssembly.compile(await octetsOf(variant));
}

async function octetsOf(variant: CoreVariant): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(new URL(`./esp.${variant}.wasm`, import.meta.url)));
}
