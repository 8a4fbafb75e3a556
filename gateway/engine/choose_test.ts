import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findTestLibrary } from "../../tests/support/engine_library.ts";
import { loadCore, type LoadedCore } from "../../ts-bindings/core.ts";
import { runtime } from "../runtime/mod.ts";
import { UnsafeLibraryError } from "../runtime/types.ts";
import { chooseEngine, type EngineChoice } from "./choose.ts";
import type { EngineFigures } from "./measure.ts";
import { engineError, loadEngine } from "./native.ts";

const path = findTestLibrary();
const skip = path === undefined ? "no native library has been built" : false;

const NOWHERE = { ...runtime, engineLibraryPath: () => "/nowhere/lib.so" };

function load(): Promise<LoadedCore> {
  return loadCore(runtime.readCore);
}

test("chooseEngine() takes the core when asked, and looks for no library", async () => {
  const core = await load();
  deepEqual(chooseEngine({ runtime, wanted: "wasm", core }), {
    name: `wasm-${core.variant}`,
    path: null,
    reason: "as asked",
  });
});

test("chooseEngine() takes the core and says why, when auto finds no library", async () => {
  const core = await load();
  deepEqual(chooseEngine({ runtime: NOWHERE, wanted: "auto", core }), {
    name: `wasm-${core.variant}`,
    path: null,
    reason: "no native engine: /nowhere/lib.so is not there",
  });
});

test("a library that others can write is left aside with auto, and an error with native", async () => {
  const core = await load();
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "culvert-engine-")));
  const library = join(folder, "libculvert_engine.so");
  writeFileSync(library, "");
  chmodSync(library, 0o666);
  const from = { ...runtime, engineLibraryPath: (): string => library };
  const why = `${library} is not safe to load: ${library} can be written by everybody ` +
    `(chmod go-w ${library})`;
  try {
    deepEqual(chooseEngine({ runtime: from, wanted: "auto", core }), {
      name: `wasm-${core.variant}`,
      path: null,
      reason: `no native engine: ${why}`,
      isLibraryUnsafe: true,
    });
    throws(() => loadEngine(from, library), (error) => {
      equal(engineError(error).message, `Cannot use engine native: ${why}`);
      return error instanceof UnsafeLibraryError;
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("chooseEngine() insists on the library when asked", async () => {
  const choice = chooseEngine({ runtime: NOWHERE, wanted: "native", core: await load() });
  equal(choice.path, "/nowhere/lib.so");
  match(choice.reason, /192-bit keys by wasm-(relaxed|strict)$/);
});

test("chooseEngine() takes the faster with auto, and says what stays with the core", async () => {
  const core = await load();
  const wasm = `wasm-${core.variant}`;
  const choose = (figures: EngineFigures): EngineChoice =>
    chooseEngine({ runtime: NOWHERE, wanted: "auto", core, measure: () => figures });
  deepEqual(choose({ native: 254.4, wasm: 2970 }), {
    name: "native-ring",
    path: "/nowhere/lib.so",
    reason: `a packet of 1400 octets in 254 ns natively, 2970 ns by ${wasm}; ` +
      `AES-GCM with 192-bit keys by ${wasm}`,
  });
  deepEqual(choose({ native: 30_000, wasm: 2970 }), {
    name: wasm,
    path: null,
    reason: `a packet of 1400 octets in 30000 ns natively, 2970 ns by ${wasm}`,
  });
});

test("chooseEngine() measures both with auto, in a short time", { skip }, async () => {
  const core = await load();
  const from = { ...runtime, engineLibraryPath: (): string => path ?? "" };
  const startedAt = runtime.now();
  const { name, reason } = chooseEngine({ runtime: from, wanted: "auto", core });
  const tookMs = runtime.now() - startedAt;
  match(reason, /^a packet of 1400 octets in \d+ ns natively, \d+ ns by wasm-/);
  match(name, /^(native-ring|wasm-(relaxed|strict))$/);
  ok(tookMs < 500, `${tookMs} ms`);
});
