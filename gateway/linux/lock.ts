// Locks of files. The kernel lets go of a lock when its process ends, however that happens.

import { EAGAIN, LOCK_EX, LOCK_NB, O_CLOEXEC, O_RDWR } from "./constants.ts";
import { failed } from "./errno.ts";
import { createScratch, type Kernel } from "./kernel.ts";
import type { Runtime } from "../runtime/types.ts";

/** A lock that this process has. */
export interface FileLock {
  close(): void;
}

/**
 * Locks a file, which must be there.
 *
 * @param path Absolute
 * @returns undefined if another process, or this one, has it locked
 * @throws {Error} If it cannot be opened, or its file system has no locks
 */
export function lockFile(
  { libc, scratch }: Pick<Kernel, "libc" | "scratch">,
  path: string,
): FileLock | undefined {
  const octets = new TextEncoder().encode(`${path}\0`);
  const action = `Cannot lock ${path}`;
  if (octets.length > scratch.u8.length) throw new Error(`${action}: its path is too long`);
  scratch.u8.set(octets);
  const fd = libc.open(scratch.at(0), O_RDWR | O_CLOEXEC);
  if (fd < 0) throw failed(action, libc.errno());
  if (libc.flock(fd, LOCK_EX | LOCK_NB) === 0) return { close: () => void libc.close(fd) };
  const errno = libc.errno();
  libc.close(fd);
  if (errno === EAGAIN) return undefined;
  throw failed(action, errno);
}

/** A window for the path of one lock, before there is a core and its memory. */
export function openLockKernel(
  runtime: Pick<Runtime, "openLibc" | "mapMemory">,
): Pick<Kernel, "libc" | "scratch"> {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const mapped = runtime.mapMemory(memory);
  return {
    libc: runtime.openLibc(),
    scratch: createScratch({ memory, mapped, offset: 0, len: PATH_MAX }),
  };
}

/** Octets of the longest path that Linux takes. */
const PATH_MAX = 4096;
