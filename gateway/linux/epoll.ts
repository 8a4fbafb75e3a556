// epoll: one set a lane, each descriptor in it once, edge-triggered, with a tag that says whose it is.

import {
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLET,
} from "./constants.ts";
import { expectDone, type Kernel } from "./kernel.ts";
import { emitEpollEvent, type Tag } from "./structs.ts";

/** A descriptor in an epoll set. */
export interface Watch {
  readonly epfd: number;
  readonly fd: number;
  /** EPOLLIN, EPOLLOUT, ...; EPOLLET is added. */
  readonly events: number;
  readonly tag: Tag;
}

/** Makes an empty set. */
export function openEpoll({ libc }: Kernel): number {
  return expectDone(libc, libc.epoll_create1(EPOLL_CLOEXEC), "Cannot make an epoll set");
}

/** Adds a descriptor. What is ready already is told as an edge. */
export function addWatch(kernel: Kernel, watch: Watch): void {
  control(kernel, EPOLL_CTL_ADD, watch);
}

/** Changes events or tag of a descriptor; what is ready already is told again. */
export function modifyWatch(kernel: Kernel, watch: Watch): void {
  control(kernel, EPOLL_CTL_MOD, watch);
}

/** Takes a descriptor out. Closing it does the same, unless it was duplicated. */
export function removeWatch({ libc }: Kernel, { epfd, fd }: Pick<Watch, "epfd" | "fd">): void {
  const result = libc.epoll_ctl(epfd, EPOLL_CTL_DEL, fd, libc.NULL);
  expectDone(libc, result, `Cannot stop watching descriptor ${fd}`);
}

function control({ libc, scratch }: Kernel, operation: number, watch: Watch): void {
  const { epfd, fd, events, tag } = watch;
  scratch.u8.set(emitEpollEvent((events | EPOLLET) >>> 0, tag));
  const result = libc.epoll_ctl(epfd, operation, fd, scratch.at(0));
  expectDone(libc, result, `Cannot watch descriptor ${fd}`);
}
