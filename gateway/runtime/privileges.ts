// Whose rights the process has, by libc: the files of /proc that tell it belong to root in a
// program with file capabilities.

import type { Libc, Privileges } from "./types.ts";

/** Asks libc. */
export function privilegesOf(libc: Pick<Libc, "getauxval" | "geteuid">): Privileges {
  return { user: libc.geteuid() >>> 0, isElevated: libc.getauxval(AT_SECURE) !== 0 };
}

/** Whether the process runs as root; false if nobody can tell. */
export function isRoot(privileges: () => Privileges): boolean {
  try {
    return privileges().user === 0;
  } catch {
    return false;
  }
}

/** Set where the loader ignores LD_PRELOAD and its like (getauxval(3), ld.so(8)). */
const AT_SECURE = 23;
