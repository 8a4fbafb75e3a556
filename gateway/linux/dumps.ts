// Keeps keys out of core dumps, and other processes of the same user away from them.

import type { Libc } from "../runtime/types.ts";
import { PR_SET_DUMPABLE, SIGUSR1 } from "./constants.ts";

/**
 * Makes the process leave no core dump, and closes it to debuggers and `/proc/PID/mem` of all users
 * but root (prctl(2), ptrace(2)).
 *
 * @returns false if the kernel refuses
 */
export function forbidDumps(libc: Pick<Libc, "prctl">): boolean {
  return libc.prctl(PR_SET_DUMPABLE, SUID_DUMP_DISABLE) === 0;
}

/**
 * Takes SIGUSR1 from the runtime. Deno opens a debugger at it, on a port of loopback that every
 * user of the host can reach. Deno takes the signal when its event loop begins, so call this later.
 */
export function forbidDebugger(libc: Pick<Libc, "signal" | "NULL">): void {
  libc.signal(SIGUSR1, libc.NULL);
}

const SUID_DUMP_DISABLE = 0;
