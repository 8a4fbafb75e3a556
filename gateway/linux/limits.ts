// The limit of open files: a connection takes one descriptor, and one more for its upstream socket.

import { LITTLE_ENDIAN, RLIMIT_NOFILE } from "./constants.ts";
import { expectDone, type Kernel } from "./kernel.ts";

/**
 * Raises this process's soft limit of open files to its hard one.
 *
 * @returns The limit that holds now
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

/** Members of `struct rlimit`, u64 each. */
const SOFT_AT = 0;
const HARD_AT = 8;
