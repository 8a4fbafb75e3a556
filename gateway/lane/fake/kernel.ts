// A kernel for unit tests of lanes: sockets, epoll, eventfd and TUN over a core's memory, with virtual time, faults of the test's choosing, and the
// lowest free descriptor always used first, so that a stale number meets somebody else's socket at once.

import {
  EAGAIN,
  EBADF,
  ECONNREFUSED,
  ECONNRESET,
  EPIPE,
  EPOLL_CTL_ADD,
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
} from "../../linux/constants.ts";
import type { Address, Libc } from "../../runtime/types.ts";
import {
  type End,
  type ListenerEnd,
  type TcpEnd,
  type TunEnd,
  type UdpEnd,
  udpEnd,
} from "./descriptors.ts";

/** The calls that a lane makes. */
export type LaneLibc = Pick<
  Libc,
  | "accept4"
  | "bind"
  | "close"
  | "connect"
  | "epoll_create1"
  | "epoll_ctl"
  | "epoll_wait"
  | "read"
  | "readv"
  | "recvmsg"
  | "sendmmsg"
  | "sendmsg"
  | "setsockopt"
  | "socket"
  | "write"
  | "writev"
  | "errno"
>;

/** A kernel, and the test's hands on it. */
export interface FakeKernel {
  readonly libc: LaneLibc;
  /** Ends by descriptor. */
  readonly ends: ReadonlyMap<number, End>;
  open(end: End): number;
  /** Tells the watcher of an end that something has happened to it. */
  edge(end: End, events: number): void;
  /** Octets arrive from the peer. */
  arrive(end: TcpEnd, octets: Uint8Array): void;
  /** The peer sends FIN. */
  finish(end: TcpEnd): void;
  /** The peer sends RST: what was not read is lost. */
  reset(end: TcpEnd): void;
  /** The kernel takes `octets` more. */
  makeRoom(end: TcpEnd | UdpEnd, room: number): void;
  /** Number of calls made so far, by name. */
  readonly calls: Map<string, number>;
  /** Read at most this many octets a call: short reads. */
  readMax: number;
}

/** Offsets are addresses: the core was given base 0. */
function offsetOf(address: Address): number {
  return Number(address);
}

export function createFakeKernel(memory: WebAssembly.Memory): FakeKernel {
  const u8 = new Uint8Array(memory.buffer);
  const view = new DataView(memory.buffer);
  const ends = new Map<number, End>();
  const calls = new Map<string, number>();
  let lastErrno = 0;

  function fail(errno: number): number {
    lastErrno = errno;
    return -1;
  }

  function note(name: string): void {
    calls.set(name, (calls.get(name) ?? 0) + 1);
  }

  function open(end: End): number {
    let fd = 3;
    while (ends.has(fd)) fd++;
    ends.set(fd, end);
    return fd;
  }

  function edge(end: End, events: number): void {
    if (end.watch !== undefined) end.watch.edges |= events;
  }

  /** The iovecs at `at`: offset and length of each. */
  function iovecs(at: number, count: number): { at: number; len: number }[] {
    return Array.from({ length: count }, (_, i) => ({
      at: Number(view.getBigUint64(at + 16 * i, true)),
      len: Number(view.getBigUint64(at + 16 * i + 8, true)),
    }));
  }

  /** All octets that a msghdr points to. */
  function messageOctets(at: number): Uint8Array {
    const parts = iovecs(
      Number(view.getBigUint64(at + 16, true)),
      Number(view.getBigUint64(at + 24, true)),
    );
    return new Uint8Array(parts.flatMap((part) => [...u8.subarray(part.at, part.at + part.len)]));
  }

  function accept4(fd: number, address: Address): number {
    note("accept4");
    const listener = ends.get(fd) as ListenerEnd;
    const failure = listener.failures.shift();
    if (failure !== undefined) return fail(failure);
    const next = listener.waiting.shift();
    if (next === undefined) return fail(EAGAIN);
    u8.set(next.sockaddr, offsetOf(address));
    return open(next.end);
  }

  function close(fd: number): number {
    note("close");
    const end = ends.get(fd);
    if (end === undefined) return fail(EBADF);
    end.isClosed = true;
    end.watch = undefined;
    ends.delete(fd);
    return 0;
  }

  function epollCtl(_epfd: number, op: number, fd: number, event: Address): number {
    const end = ends.get(fd);
    if (end === undefined || op !== EPOLL_CTL_ADD) return fail(EBADF);
    const at = offsetOf(event);
    end.watch = {
      events: view.getUint32(at, true),
      low: view.getUint32(at + 4, true),
      high: view.getUint32(at + 8, true),
      edges: 0,
    };
    edge(end, readiness(end));
    return 0;
  }

  function epollWait(_epfd: number, events: Address, max: number): number {
    note("epoll_wait");
    let count = 0;
    for (const end of ends.values()) {
      const { watch } = end;
      if (watch === undefined || count === max) continue;
      const isEdge = (watch.events & EPOLLET) !== 0;
      const told = (isEdge ? watch.edges && readiness(end) : readiness(end)) &
        (watch.events | EPOLLERR | EPOLLHUP);
      watch.edges = 0;
      if (told === 0) continue;
      const at = offsetOf(events) + 12 * count++;
      view.setUint32(at, told, true);
      view.setUint32(at + 4, watch.low, true);
      view.setUint32(at + 8, watch.high, true);
    }
    return count;
  }

  function readv(fd: number, iov: Address, count: number): number {
    note("readv");
    const end = ends.get(fd) as TcpEnd;
    if (end.hasReset) {
      end.hasReset = false;
      end.hasFin = true;
      return fail(ECONNRESET);
    }
    if (end.unread.length === 0) return end.hasFin ? 0 : fail(EAGAIN);
    let left = kernel.readMax;
    let octets = 0;
    for (const part of iovecs(offsetOf(iov), count)) {
      const taken = end.unread.splice(0, Math.min(part.len, left));
      u8.set(taken, part.at);
      octets += taken.length;
      left -= taken.length;
    }
    return octets;
  }

  function sendmsg(fd: number, message: Address): number {
    note("sendmsg");
    const end = ends.get(fd);
    if (end?.kind !== "tcp") return fail(EBADF);
    if (end.hasReset) return fail(EPIPE);
    const octets = messageOctets(offsetOf(message));
    const taken = Math.min(octets.length, end.space);
    end.space -= taken;
    if (taken < octets.length) end.isWaitingForSpace = true;
    if (taken === 0) return fail(EAGAIN);
    for (const octet of octets.subarray(0, taken)) end.sent.push(octet);
    return taken;
  }

  function sendmmsg(fd: number, messages: Address, count: number): number {
    note("sendmmsg");
    const end = ends.get(fd) as UdpEnd;
    for (let i = 0; i < count; i++) {
      if (end.refusals > 0) {
        if (i > 0) return i;
        end.refusals--;
        return fail(ECONNREFUSED);
      }
      if (end.space === 0) {
        end.isWaitingForSpace = true;
        return i > 0 ? i : fail(EAGAIN);
      }
      end.space--;
      end.sent.push(messageOctets(offsetOf(messages) + 64 * i));
    }
    return count;
  }

  function recvmsg(fd: number, message: Address): number {
    note("recvmsg");
    const end = ends.get(fd) as UdpEnd;
    const at = offsetOf(message);
    const datagram = end.unread.shift();
    if (datagram === undefined) return fail(EAGAIN);
    const [part] = iovecs(Number(view.getBigUint64(at + 16, true)), 1);
    u8.set(datagram, part?.at);
    const control = Number(view.getBigUint64(at + 32, true));
    view.setBigUint64(at + 40, end.overflow > 0 ? 24n : 0n, true);
    view.setUint32(control + 16, end.overflow, true);
    return datagram.length;
  }

  function read(fd: number, address: Address): number {
    note("read");
    const end = ends.get(fd);
    if (end?.kind === "eventfd") {
      if (end.count === 0) return fail(EAGAIN);
      view.setBigUint64(offsetOf(address), BigInt(end.count), true);
      end.count = 0;
      return 8;
    }
    const packet = (end as TunEnd).unread.shift();
    if (packet === undefined) return fail(EAGAIN);
    u8.set(packet, offsetOf(address));
    return packet.length;
  }

  function write(fd: number, address: Address): number {
    const end = ends.get(fd);
    if (end?.kind !== "eventfd") return fail(EBADF);
    end.count += Number(view.getBigUint64(offsetOf(address), true));
    return 8;
  }

  function writev(fd: number, iov: Address): number {
    note("writev");
    const end = ends.get(fd) as TunEnd;
    if (end.failure !== 0) return fail(end.failure);
    const [part] = iovecs(offsetOf(iov), 1);
    end.written.push(u8.slice(part?.at, (part?.at ?? 0) + (part?.len ?? 0)));
    return part?.len ?? 0;
  }

  const kernel: FakeKernel = {
    libc: {
      accept4,
      bind: () => 0,
      close,
      connect: () => 0,
      epoll_create1: () => 1000,
      epoll_ctl: epollCtl,
      epoll_wait: epollWait,
      read,
      readv,
      recvmsg,
      sendmmsg,
      sendmsg,
      setsockopt: () => 0,
      socket: () => open(udpEnd()),
      write,
      writev,
      errno: () => lastErrno,
    },
    ends,
    open,
    edge,
    arrive(end, octets): void {
      end.unread.push(...octets);
      edge(end, EPOLLIN);
    },
    finish(end): void {
      end.hasFin = true;
      edge(end, EPOLLIN | EPOLLRDHUP);
    },
    reset(end): void {
      end.unread.length = 0;
      end.hasReset = true;
      edge(end, EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP);
    },
    makeRoom(end, room): void {
      end.space += room;
      if (end.isWaitingForSpace) edge(end, EPOLLOUT);
      end.isWaitingForSpace = false;
    },
    calls,
    readMax: Infinity,
  };
  return kernel;
}

/** What level-triggered epoll would tell of an end now. */
function readiness(end: End): number {
  switch (end.kind) {
    case "listener":
      return end.waiting.length > 0 || end.failures.length > 0 ? EPOLLIN : 0;
    case "eventfd":
      return end.count > 0 ? EPOLLIN : 0;
    case "tun":
      return (end.unread.length > 0 ? EPOLLIN : 0) | EPOLLOUT;
    case "udp":
      return (end.unread.length > 0 ? EPOLLIN : 0) | (end.space > 0 ? EPOLLOUT : 0);
    case "tcp":
      return (end.unread.length > 0 || end.hasFin || end.hasReset ? EPOLLIN : 0) |
        (end.space > 0 ? EPOLLOUT : 0) | (end.hasFin ? EPOLLRDHUP : 0) |
        (end.hasReset ? EPOLLRDHUP | EPOLLERR | EPOLLHUP : 0);
  }
}
