// eventfds: how a thread wakes a lane that sleeps in epoll_wait.

import { EAGAIN, EFD_CLOEXEC, EFD_NONBLOCK, LITTLE_ENDIAN } from "./constants.ts";
import { failed } from "./errno.ts";
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

/** Takes all kicks; returns how many there were. */
export function drainKicks({ libc, scratch }: Kernel, fd: number): number {
  if (libc.read(fd, scratch.at(0), COUNT_LEN) === COUNT_LEN) {
    return Number(scratch.view.getBigUint64(0, LITTLE_ENDIAN));
  }
  const errno = libc.errno();
  if (errno === EAGAIN) return 0;
  throw failed("Cannot read an eventfd", errno);
}

/** Both calls move one u64. */
const COUNT_LEN = 8;
