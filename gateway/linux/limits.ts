// The limit of open files. A connection takes one descriptor, and one more for its upstream socket,
// which may stay when it has ended.

import { LITTLE_ENDIAN, RLIMIT_NOFILE } from "./constants.ts";
import type { Kernel } from "./kernel.ts";

/**
 * Raises this process's soft limit of open files to the hard limit, if the kernel lets it. It does
 * not where the hard limit is above `fs.nr_open`.
 *
 * @returns The limit that now applies; Infinity if the kernel does not tell it
 */
export function raiseOpenFiles({ libc, scratch }: Kernel): number {
  const own = 0;
  if (libc.prlimit(own, RLIMIT_NOFILE, libc.NULL, scratch.at(0)) < 0) return Infinity;
  const soft = scratch.view.getBigUint64(SOFT_AT, LITTLE_ENDIAN);
  const hard = scratch.view.getBigUint64(HARD_AT, LITTLE_ENDIAN);
  scratch.view.setBigUint64(SOFT_AT, hard, LITTLE_ENDIAN);
  const isRaised = libc.prlimit(own, RLIMIT_NOFILE, scratch.at(0), libc.NULL) === 0;
  return Number(isRaised ? hard : soft);
}

/** Offsets of the members of `struct rlimit`, each a u64. */
const SOFT_AT = 0;
const HARD_AT = 8;
