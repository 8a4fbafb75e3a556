// A kernel for unit tests of lanes: sockets, epoll, eventfd and TUN over a core's memory. The test
// decides about time and faults. A new descriptor is always the lowest free number, so that a stale
// number meets another socket at once. The core is given base 0: offsets are addresses.

import type { LaneLibc } from "../../../gateway/lane/libc.ts";
import {
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
} from "../../../gateway/linux/constants.ts";
import type { Address, MappedMemory } from "../../../gateway/runtime/types.ts";
import { edgesOf, FAKE_CALLS } from "./calls.ts";
import { edge, type FakeKernel, type TcpEnd, type UdpEnd } from "./descriptors.ts";

/** Makes a kernel over the memory of a core. */
export function createFakeKernel(memory: WebAssembly.Memory): FakeKernel {
  return {
    u8: new Uint8Array(memory.buffer),
    view: new DataView(memory.buffer),
    ends: new Map(),
    sockets: [],
    calls: new Map(),
    readMax: Infinity,
    onCall: () => undefined,
    epollCount: 0,
    failures: { socket: [], bind: [], connect: [] },
    source: [127, 0, 0, 1],
    refused: new Map(),
    options: [],
    refusedOptions: new Map(),
    requests: [],
    eorFailure: 0,
    lastErrno: 0,
  };
}

/** The kernel as a lane calls it. */
export function createFakeLibc(kernel: FakeKernel): LaneLibc {
  return {
    accept: (fd, address) => FAKE_CALLS.accept(kernel, fd, Number(address)),
    accept4: (fd, address) => FAKE_CALLS.accept4(kernel, fd, Number(address)),
    bind: () => FAKE_CALLS.bind(kernel),
    close: (fd) => FAKE_CALLS.close(kernel, fd),
    connect: (fd, address) => FAKE_CALLS.connect(kernel, fd, Number(address)),
    epoll_create1: () => 1000 + kernel.epollCount++,
    epoll_ctl: (epfd, op, fd, event) =>
      FAKE_CALLS.watch(kernel, fd, { epfd, op, at: Number(event) }),
    epoll_wait: (epfd, events, max) =>
      FAKE_CALLS.wait(kernel, epfd, { at: Number(events), count: max }),
    errno: () => kernel.lastErrno,
    getsockname: (fd, address) => FAKE_CALLS.getsockname(kernel, fd, Number(address)),
    ioctl: (fd, request, address) => FAKE_CALLS.ioctl(kernel, fd, { request, at: Number(address) }),
    read: (fd, address, len) => FAKE_CALLS.read(kernel, fd, { at: Number(address), len }),
    readv: (fd, iov, count) => FAKE_CALLS.readv(kernel, fd, { at: Number(iov), count }),
    NULL: 0 as unknown as Address,
    recv: (fd) => FAKE_CALLS.recv(kernel, fd),
    recvmmsg: (fd, at, count) => FAKE_CALLS.recvmmsg(kernel, fd, { at: Number(at), count }),
    recvmsg: (fd, at, flags) => FAKE_CALLS.recvmsg(kernel, fd, { at: Number(at), flags }),
    sendmmsg: (fd, at, count) => FAKE_CALLS.sendmmsg(kernel, fd, { at: Number(at), count }),
    sendmsg: (fd, message, flags) => FAKE_CALLS.sendmsg(kernel, fd, { at: Number(message), flags }),
    getsockopt: (fd, level, name, at) =>
      FAKE_CALLS.getsockopt(kernel, fd, { level, name, at: Number(at) }),
    setsockopt: (fd, level, name, at) =>
      FAKE_CALLS.setsockopt(kernel, fd, { level, name, at: Number(at) }),
    socket: () => FAKE_CALLS.socket(kernel),
    write: (fd, address, len) => FAKE_CALLS.write(kernel, fd, { at: Number(address), len }),
    writev: (fd, iov, count) => FAKE_CALLS.writev(kernel, fd, { at: Number(iov), count }),
  };
}

/** Whether `epoll_wait` on a set would come back at once. */
export function hasEvents(kernel: FakeKernel, epfd: number): boolean {
  for (const end of kernel.ends.values()) {
    if (end.watch?.epfd === epfd && edgesOf(end) !== 0) return true;
  }
  return false;
}

/** The memory with its own offsets as addresses. */
export function createFakeMapping(): MappedMemory {
  return { base: 0n, at: (offset) => offset as unknown as Address };
}

/** Octets arrive from the peer. */
export function arrive(end: TcpEnd, octets: Uint8Array): void {
  end.unread.push(...octets);
  edge(end, EPOLLIN);
}

/** `octets` arrive without end. */
export function startFlood(end: TcpEnd, octets: Uint8Array): void {
  end.flood = octets;
  edge(end, EPOLLIN);
}

/** The peer sends FIN. */
export function sendFin(end: TcpEnd): void {
  end.hasFin = true;
  edge(end, EPOLLIN | EPOLLRDHUP);
}

/** The peer sends RST: what was not read is lost. */
export function sendReset(end: TcpEnd): void {
  end.unread.length = 0;
  end.hasReset = true;
  edge(end, EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP);
}

/** The kernel takes `room` more octets (TCP) or datagrams (UDP). */
export function makeRoom(end: TcpEnd | UdpEnd, room: number): void {
  end.space += room;
  if (end.isWaitingForSpace) edge(end, EPOLLOUT);
  end.isWaitingForSpace = false;
}
