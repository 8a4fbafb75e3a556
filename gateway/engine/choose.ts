// Who runs the AEAD: as asked, or as measured.

import type { LoadedCore } from "../../ts-bindings/core.ts";
import type { Runtime } from "../runtime/types.ts";
import { type EngineFigures, measureEngines } from "./measure.ts";

/** What was chosen, and why. */
export interface EngineChoice {
  /** As the API, the metrics and `version` name it: `native-ring`, `wasm-relaxed`, `wasm-strict`. */
  readonly name: string;
  /** The native library, or null for the core. */
  readonly path: string | null;
  /** For people. */
  readonly reason: string;
}

export interface ChooseOptions {
  readonly runtime: Pick<
    Runtime,
    "engineLibraryPath" | "openEngineLibrary" | "mapMemory" | "now"
  >;
  readonly wanted: "auto" | "wasm" | "native";
  readonly core: LoadedCore;
  /** How `auto` measures; for tests. */
  readonly measure?: typeof measureEngines;
}

/** Name of the native engine: of the crate that does its work. */
const NATIVE = "native-ring";

/** Chooses; `auto` takes a few milliseconds to measure both, and falls back to the core where there is no library. */
export function chooseEngine(
  { runtime, wanted, core, measure = measureEngines }: ChooseOptions,
): EngineChoice {
  const wasm = `wasm-${core.variant}`;
  if (wanted === "wasm") return { name: wasm, path: null, reason: "as asked" };
  const path = runtime.engineLibraryPath();
  const lacks = `AES-GCM with 192-bit keys by ${wasm}`;
  if (wanted === "native") return { name: NATIVE, path, reason: `as asked; ${lacks}` };
  try {
    const figures = measure(runtime, { module: core.module, path });
    const reason = figuresText(figures, wasm);
    if (figures.native < figures.wasm) {
      return { name: NATIVE, path, reason: `${reason}; ${lacks}` };
    }
    return { name: wasm, path: null, reason };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { name: wasm, path: null, reason: `no native engine: ${reason}` };
  }
}

function figuresText({ native, wasm }: EngineFigures, wasmName: string): string {
  return `a packet of 1400 octets in ${Math.round(native)} ns natively, ${
    Math.round(wasm)
  } ns by ${wasmName}`;
}
