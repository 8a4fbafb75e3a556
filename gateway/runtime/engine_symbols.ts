// The signatures of the native engine's library, shared by both runtimes. libc_symbols.ts says why
// all numbers are 32 bits wide.

import { existsSync } from "node:fs";
import type { LibcParameter } from "./libc_symbols.ts";
import { trustedPath, UntrustedPathError } from "./trusted_path.ts";
import { type EngineLibrary, type Privileges, UnsafeLibraryError } from "./types.ts";

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

/** How a runtime opens a library, and whose rights it then has. */
export interface EngineOpener {
  readonly privileges: () => Privileges;
  /** The runtime's own function. */
  readonly open: (path: string) => unknown;
}

/**
 * Opens the library, if nobody else can have put it there: its code runs with this process's rights
 * and sees its keys.
 *
 * @throws {UnsafeLibraryError} If other users can write to the library or to its folders
 * @throws {Error} If the library is not there or cannot be opened; the message is only the reason
 */
export function openEngineWith(path: string, { privileges, open }: EngineOpener): EngineLibrary {
  if (!existsSync(path)) throw new Error(`${path} is not there`);
  try {
    // What was checked is what is opened, and not the links that led to it.
    return open(trustedPath(path, privileges())) as EngineLibrary;
  } catch (error) {
    if (error instanceof UntrustedPathError) {
      throw new UnsafeLibraryError(`${path} is not safe to load: ${error.message}`, {
        cause: error,
      });
    }
    const [reason] = (error instanceof Error ? error.message : String(error)).split("\n");
    throw new Error(`${path}: ${reason}`, { cause: error });
  }
}
