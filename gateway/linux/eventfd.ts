// eventfds: how a thread wakes a lane that sleeps in epoll_wait.

import { EFD_CLOEXEC, EFD_NONBLOCK, LITTLE_ENDIAN } from "./constants.ts";
import { expectDone, type Kernel } from "./kernel.ts";

/** Makes an eventfd of value 0. */
export function openEventfd({ libc }: Kernel): number {
  return expectDone(libc, libc.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "Cannot make an eventfd");
}

/** Adds a kick: the descriptor is readable from now on. */
export function kick({ libc, scratch }: Kernel, fd: number): void {
  scratch.view.setBigUint64(0, 1n, LITTLE_ENDIAN);
  const result = libc.write(fd, scratch.at(0), COUNT_LEN);
  expectDone(libc, result, "Cannot kick an eventfd");
}

/** A write adds one u64. */
const COUNT_LEN = 8;
