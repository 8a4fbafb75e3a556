// epoll of a lane: every descriptor is added once, edge-triggered, with a tag that says whose it is. The tag carries the
// connection's serial number, so that an event on its way to a closed connection never reaches the row's next one.

import { EPOLL_CTL_ADD, EPOLLET, EPOLLIN, EPOLLOUT, EPOLLRDHUP } from "../linux/constants.ts";
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

const EDGE = (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET) >>> 0;

/** Watches `fd` for edges. False if the kernel refuses (out of memory or of watches). */
export function watch(lane: Lane, fd: number, kind: number, row: number, serial: number): boolean {
  return add(lane, fd, EDGE, kind, row, serial);
}

/** Watches a listener or an eventfd for its level: both are served in full or come again. */
export function watchLevel(lane: Lane, fd: number, kind: number, row: number): boolean {
  return add(lane, fd, EPOLLIN, kind, row, 0);
}

function add(
  lane: Lane,
  fd: number,
  events: number,
  kind: number,
  row: number,
  serial: number,
): boolean {
  const { dataView, scratch, scratchAt } = lane.tables;
  dataView.setUint32(scratch, events, true);
  dataView.setUint32(scratch + lane.tables.epollDataAt, row, true);
  dataView.setUint32(scratch + lane.tables.epollDataAt + 4, kind | (serial << TAG_BITS), true);
  return lane.libc.epoll_ctl(lane.epfd, EPOLL_CTL_ADD, fd, scratchAt) === 0;
}
