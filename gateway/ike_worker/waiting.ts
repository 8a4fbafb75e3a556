// The worker's sleep: an epoll set with its eventfd, and the eventfds of those that it wakes.

import {
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLL_EVENT_LEN,
  EPOLLIN,
  LITTLE_ENDIAN,
} from "../linux/constants.ts";
import { expectDone, type Kernel } from "../linux/kernel.ts";

/** How the worker waits, and wakes others. */
export interface Waiting {
  /** Sleeps until somebody wakes the worker, at most so many ms. */
  sleep(ms: number): void;
  /** Wakes the owner of an eventfd. */
  wake(eventfd: number): void;
}

/**
 * Opens it.
 *
 * @throws {Error} If the kernel refuses the epoll set or the watch
 */
export function openWaiting({ libc, scratch }: Kernel, eventfd: number): Waiting {
  const epfd = expectDone(libc, libc.epoll_create1(EPOLL_CLOEXEC), "Cannot make an epoll set");
  const { view } = scratch;
  const [eventAt, countAt, oneAt] = [scratch.at(EVENT), scratch.at(COUNT), scratch.at(ONE)];
  view.setUint32(EVENT, EPOLLIN, LITTLE_ENDIAN);
  view.setBigUint64(ONE, 1n, LITTLE_ENDIAN);
  const watched = libc.epoll_ctl(epfd, EPOLL_CTL_ADD, eventfd, eventAt);
  expectDone(libc, watched, "Cannot watch an eventfd");
  return {
    sleep(ms): void {
      if (libc.epoll_wait(epfd, eventAt, 1, ms) > 0) libc.read(eventfd, countAt, 8);
    },
    wake: (fd) => void libc.write(fd, oneAt, 8),
  };
}

/** Places in the scratch: an event, and two numbers of 64 bits. */
const EVENT = 0;
const COUNT = 16;
const ONE = 24;

/** Octets of the scratch that this takes. */
export const WAITING_LEN: number = ONE + 8 + EPOLL_EVENT_LEN;
