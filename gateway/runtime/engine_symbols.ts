// The signatures of the native engine's library, shared by both runtimes. libc_symbols.ts says why
// all numbers are 32 bits wide.

import { existsSync } from "node:fs";
import type { LibcParameter } from "./libc_symbols.ts";
import type { EngineLibrary } from "./types.ts";

/** Every function of {@link EngineLibrary}. */
export const ENGINE_SYMBOLS = {
  culvert_engine_fingerprint: [],
  culvert_engine_attach: ["address", "u32"],
  culvert_engine_detach: ["u32"],
  culvert_engine_install: ["u32", "u32", "u32"],
  culvert_engine_remove: ["u32", "u32"],
  culvert_engine_open: ["u32", "u32"],
  culvert_engine_seal: ["u32", "u32"],
} as const satisfies Record<keyof EngineLibrary, readonly LibcParameter[]>;

/**
 * Opens the library with the runtime's own function.
 *
 * @throws {Error} If the library is not there or cannot be opened; the message is only the reason
 */
export function openEngineWith(path: string, open: (path: string) => unknown): EngineLibrary {
  if (!existsSync(path)) throw new Error(`${path} is not there`);
  try {
    return open(path) as EngineLibrary;
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split("\n");
    throw new Error(`${path}: ${reason}`, { cause: error });
  }
}
