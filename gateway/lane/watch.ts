// epoll of a lane: every descriptor is added once, edge-triggered, with a tag that says whose it is. The tag carries the
// connection's serial number, so that an event on its way to a closed connection never reaches the row's next one.

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

/** Bits of the tag's high half that hold the kind; the rest is the serial. */
export const TAG_BITS = 3;

/** Serial numbers wrap here. */
export const SERIAL_MASK = 0xfffffff;

/** Whose a descriptor is: a connection's row and serial, a listener's number and 0, or a descriptor and 0. */
export interface WatchTag {
  readonly kind: number;
  readonly row: number;
  readonly serial: number;
}

const EDGE = (EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP | EPOLLET) >>> 0;

/** Watches `fd` for edges. False if the kernel refuses (out of memory or of watches). */
export function watch(lane: Lane, fd: number, tag: WatchTag): boolean {
  emitEvent(lane, EDGE, tag);
  return add(lane, fd);
}

/** Watches a listener or an eventfd for its level: both are served in full or come again. */
export function watchLevel(lane: Lane, fd: number, tag: WatchTag): boolean {
  emitEvent(lane, EPOLLIN, tag);
  return add(lane, fd);
}

/** Lets what waits on the listeners wake the lane, or not: their level would again and again. */
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
