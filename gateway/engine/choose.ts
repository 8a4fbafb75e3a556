// Chooses where the AEAD runs: where it was asked for, or where it measured faster.

import type { LoadedCore } from "../../ts-bindings/core.ts";
import { type Runtime, UnsafeLibraryError } from "../runtime/types.ts";
import { type EngineFigures, measureEngines } from "./measure.ts";

/** The chosen engine, and why. */
export interface EngineChoice {
  /**
   * Its name in the API, the metrics and `version`: `native-ring`, `wasm-relaxed`, `wasm-strict`.
   */
  readonly name: string;
  /** The path of the native library, or null for the core. */
  readonly path: string | null;
  /** Why it was chosen, in words. */
  readonly reason: string;
  /** Set if a library was left aside because other users of the host could have put it there. */
  readonly isLibraryUnsafe?: true;
}

/** What the choice depends on. */
export interface ChooseOptions {
  readonly runtime: Pick<
    Runtime,
    "engineLibraryPath" | "openEngineLibrary" | "mapMemory" | "now"
  >;
  readonly wanted: "auto" | "wasm" | "native";
  readonly core: LoadedCore;
  /** How `auto` measures. Tests replace it. */
  readonly measure?: typeof measureEngines;
}

/** Name of the native engine, after the crate that does its work. */
const NATIVE = "native-ring";

/**
 * Chooses the engine. `auto` measures both, which takes about ten milliseconds, and falls back to
 * the core when there is no library, or none that is safe to load. `native` does not check that.
 */
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
    return {
      ...{ name: wasm, path: null, reason: `no native engine: ${reason}` },
      ...error instanceof UnsafeLibraryError && { isLibraryUnsafe: true },
    };
  }
}

function figuresText({ native, wasm }: EngineFigures, wasmName: string): string {
  return `a packet of 1400 octets in ${Math.round(native)} ns natively, ${
    Math.round(wasm)
  } ns by ${wasmName}`;
}
