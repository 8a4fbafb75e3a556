// eventfds: a thread writes to one to wake a lane that sleeps in epoll_wait.

import { EFD_CLOEXEC, EFD_NONBLOCK, LITTLE_ENDIAN } from "./constants.ts";
import { expectDone, type Kernel } from "./kernel.ts";

/**
 * Makes an eventfd with the value 0. The caller owns the descriptor.
 *
 * @throws {Error} If the kernel refuses
 */
export function openEventfd({ libc }: Kernel): number {
  return expectDone(libc, libc.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "Cannot make an eventfd");
}

/**
 * Adds a kick, which makes the descriptor readable.
 *
 * @throws {Error} If `fd` is not an open eventfd
 */
export function kick({ libc, scratch }: Kernel, fd: number): void {
  scratch.view.setBigUint64(0, 1n, LITTLE_ENDIAN);
  const result = libc.write(fd, scratch.at(0), COUNT_LEN);
  expectDone(libc, result, "Cannot kick an eventfd");
}

/** Octets of one write: a u64. */
const COUNT_LEN = 8;
