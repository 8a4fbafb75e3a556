// What other users of the host can do to a file that the gateway reads.

import { realpathSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { trustedPath, UntrustedPathError } from "./trusted_path.ts";
import type { FileExposure, Privileges } from "./types.ts";

/**
 * Finds out who else can read or write a file. It tells of nobody where it cannot find out, and for
 * a pipe.
 */
export function exposureOf(path: string, privileges: () => Privileges): FileExposure {
  const file = resolve(path);
  try {
    const stats = statSync(file);
    if (!stats.isFile()) return { readable: undefined, writable: undefined };
    const isReadable = (stats.mode & OTHERS_READ) !== 0 && isReachable(realpathSync(file));
    return {
      readable: isReadable ? `${file} can be read by everybody (chmod o-r ${file})` : undefined,
      writable: writersOf(file, privileges),
    };
  } catch {
    return { readable: undefined, writable: undefined };
  }
}

/** Whether everybody may pass the folders above a file. */
function isReachable(file: string): boolean {
  const folder = dirname(file);
  if ((statSync(folder).mode & OTHERS_PASS) === 0) return false;
  return folder === dirname(folder) || isReachable(folder);
}

/** Undefined also where it cannot be found out, such as without a way to libc. */
function writersOf(file: string, privileges: () => Privileges): string | undefined {
  try {
    trustedPath(file, privileges());
    return undefined;
  } catch (error) {
    return error instanceof UntrustedPathError ? error.message : undefined;
  }
}

const OTHERS_READ = 0o004;
const OTHERS_PASS = 0o001;
