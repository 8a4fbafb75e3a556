// The limit of open files. A connection takes one descriptor, and one more for its upstream socket.

import { LITTLE_ENDIAN, RLIMIT_NOFILE } from "./constants.ts";
import { expectDone, type Kernel } from "./kernel.ts";

/**
 * Raises this process's soft limit of open files to the hard limit.
 *
 * @returns The limit that now applies
 * @throws {Error} If the kernel refuses
 */
export function raiseOpenFiles({ libc, scratch }: Kernel): number {
  const own = 0;
  const asked = libc.prlimit(own, RLIMIT_NOFILE, libc.NULL, scratch.at(0));
  expectDone(libc, asked, "Cannot ask for the limit of open files");
  const hard = scratch.view.getBigUint64(HARD_AT, LITTLE_ENDIAN);
  scratch.view.setBigUint64(SOFT_AT, hard, LITTLE_ENDIAN);
  const raised = libc.prlimit(own, RLIMIT_NOFILE, scratch.at(0), libc.NULL);
  expectDone(libc, raised, `Cannot raise the limit of open files to ${hard}`);
  return Number(hard);
}

/** Offsets of the members of `struct rlimit`, each a u64. */
const SOFT_AT = 0;
const HARD_AT = 8;
