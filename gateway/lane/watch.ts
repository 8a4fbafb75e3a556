// The lane's epoll set. Every descriptor is added once, edge-triggered, with a tag that says whose
// it is. The tag of a connection has its serial number, so a late event of a closed connection
// never reaches the row's next connection.

import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_MOD,
  EPOLLET,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
  LITTLE_ENDIAN,
} from "../linux/constants.ts";
import type { Lane } from "./lane.ts";

export const TAG_LISTENER = 0;
export const TAG_CONNECTION = 1;
export const TAG_UPSTREAM = 2;
export const TAG_TUN = 3;
export const TAG_EVENTFD = 4;

/** Bits of the tag's high half that hold the kind. The serial number has the others. */
export const TAG_BITS = 3;

/** Serial numbers wrap here. */
export const SERIAL_MASK = 0xfffffff;

/**
 * The owner of a descriptor: a connection's row and serial number, or a listener's number and 0, or
 * a descriptor and 0.
 */
export interface WatchTag {
  readonly kind: number;
  readonly row: number;
  readonly serial: number;
}

const EDGE = (EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP | EPOLLET) >>> 0;

/** Watches `fd` for edges. Returns false if the kernel refuses, for want of memory or watches. */
export function watch(lane: Lane, fd: number, tag: WatchTag): boolean {
  emitEvent(lane, EDGE, tag);
  return add(lane, fd);
}

/** Watches a listener or an eventfd for its level. What one turn leaves shows again in the next. */
export function watchLevel(lane: Lane, fd: number, tag: WatchTag): boolean {
  emitEvent(lane, EPOLLIN, tag);
  return add(lane, fd);
}

/**
 * Lets connections that wait on the listeners wake the lane, or not.
 *
 * @param events 0 while accepts are paused, when their level would wake the lane again and again
 */
export function setListening(lane: Lane, events: typeof EPOLLIN | 0): void {
  lane.listeners.forEach(({ fd }, i) => {
    emitEvent(lane, events, { kind: TAG_LISTENER, row: i, serial: 0 });
    lane.libc.epoll_ctl(lane.epfd, EPOLL_CTL_MOD, fd, lane.tables.scratchAt);
  });
}

function emitEvent(lane: Lane, events: number, tag: WatchTag): void {
  const { dataView, scratch, epollDataAt } = lane.tables;
  dataView.setUint32(scratch, events, LITTLE_ENDIAN);
  dataView.setUint32(scratch + epollDataAt, tag.row, LITTLE_ENDIAN);
  const high = tag.kind | (tag.serial << TAG_BITS);
  dataView.setUint32(scratch + epollDataAt + 4, high, LITTLE_ENDIAN);
}

function add(lane: Lane, fd: number): boolean {
  return lane.libc.epoll_ctl(lane.epfd, EPOLL_CTL_ADD, fd, lane.tables.scratchAt) === 0;
}
