// The signatures of the native engine's library, once for both runtimes; see libc_symbols.ts for why they are of 32 bits.

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
 * Opens the library by the runtime's own means.
 *
 * @throws {Error} Whose message is the reason alone
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
