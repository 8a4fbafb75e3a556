// The real kernel, with the few calls that only tests make.

import type { RefusedCall } from "../../gateway/model/better_call.ts";
import { socketAddressText } from "../../gateway/model/socket_address.ts";
import { runtime } from "../../gateway/runtime/mod.ts";
import type { Libc, MappedMemory } from "../../gateway/runtime/types.ts";
import {
  EAGAIN,
  EINPROGRESS,
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLL_DATA_AT,
  EPOLL_EVENT_LEN,
  EPOLLET,
  EPOLLIN,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_FL_F_REMOTE,
  IPV6_FLOWLABEL_MGR,
  LITTLE_ENDIAN,
  MSG_NOSIGNAL,
  SO_RXQ_OVFL,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_CONGESTION,
} from "../../gateway/linux/constants.ts";
import { failed } from "../../gateway/linux/errno.ts";
import {
  FLOWLABEL_AT,
  FLOWLABEL_FLAGS_AT,
  FLOWLABEL_REQ_LEN,
} from "../../gateway/linux/flow_label.ts";
import { createScratch, expectDone, type Kernel } from "../../gateway/linux/kernel.ts";
import { bindSocket, openSocket, setOption } from "../../gateway/linux/sockets.ts";
import { emitSockaddr, type InetAddress, parseSockaddr } from "../../gateway/linux/structs.ts";

/** Longest wait for something that should happen at once. */
const PATIENCE_MS = 2000;

const SCRATCH_AT = 4096;

/** The kernel, and the memory in which a test may lay tables of its own. */
export interface TestKernel extends Kernel {
  readonly mapped: MappedMemory;
}

export function openTestKernel(): TestKernel {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const mapped = runtime.mapMemory(memory);
  // The window does not begin at 0, which shows whether offsets are added where they have to be.
  const scratch = createScratch({ memory, mapped, offset: SCRATCH_AT });
  return { libc: runtime.openLibc(), scratch, mapped };
}

/** 127.0.0.1, or another address in numbers, with a port. */
export function inet(octets: readonly number[], port: number): InetAddress {
  return { octets: Uint8Array.from(octets), port };
}

export const LOCALHOST: readonly number[] = [127, 0, 0, 1];
export const LOCALHOST6: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

/** What an epoll event is about: 32 bits each, of the test's choosing. */
export interface Tag {
  readonly kind: number;
  readonly id: number;
}

/** A descriptor in an epoll set. */
export interface Watch {
  readonly epfd: number;
  readonly fd: number;
  /** EPOLLIN, EPOLLOUT, ...; EPOLLET is added. */
  readonly events: number;
  readonly tag: Tag;
}

/** Makes an empty epoll set. */
export function openEpoll({ libc }: Kernel): number {
  return expectDone(libc, libc.epoll_create1(EPOLL_CLOEXEC), "Cannot make an epoll set");
}

/**
 * Adds a descriptor to an epoll set. What is ready already is told as an edge.
 *
 *   epoll_event    events 4 | (4 on aarch64) | data 8: id 4, kind 4          12 or 16 octets
 */
export function addWatch({ libc, scratch }: Kernel, { epfd, fd, events, tag }: Watch): void {
  scratch.view.setUint32(0, (events | EPOLLET) >>> 0, LITTLE_ENDIAN);
  scratch.view.setUint32(EPOLL_DATA_AT, tag.id, LITTLE_ENDIAN);
  scratch.view.setUint32(EPOLL_DATA_AT + 4, tag.kind, LITTLE_ENDIAN);
  const result = libc.epoll_ctl(epfd, EPOLL_CTL_ADD, fd, scratch.at(0));
  expectDone(libc, result, `Cannot watch descriptor ${fd}`);
}

/** Events that wait in an epoll set, after at most `timeoutMs`. */
export function epollWait(
  { libc, scratch }: Kernel,
  epfd: number,
  timeoutMs: number,
): (Tag & { readonly events: number })[] {
  // Bounded, and nothing else runs in a test.
  const count = libc.epoll_wait(epfd, scratch.at(0), 8, timeoutMs);
  expectDone(libc, count, "Cannot wait");
  return Array.from({ length: count }, (_, i) => {
    const at = i * EPOLL_EVENT_LEN;
    return {
      events: scratch.view.getUint32(at, LITTLE_ENDIAN),
      id: scratch.view.getUint32(at + EPOLL_DATA_AT, LITTLE_ENDIAN),
      kind: scratch.view.getUint32(at + EPOLL_DATA_AT + 4, LITTLE_ENDIAN),
    };
  });
}

/** Waits until one of `events` has happened on `fd`. */
export function waitFor(kernel: Kernel, fd: number, events: number): void {
  const epfd = openEpoll(kernel);
  addWatch(kernel, { epfd, fd, events, tag: { kind: 0, id: fd } });
  const isThere = epollWait(kernel, epfd, PATIENCE_MS).length > 0;
  kernel.libc.close(epfd);
  if (!isThere) throw new Error(`Cannot see event ${events} on descriptor ${fd}: timeout`);
}

/** Takes all kicks of an eventfd; returns how many there were. */
export function drainKicks({ libc, scratch }: Kernel, fd: number): number {
  const len = libc.read(fd, scratch.at(0), 8);
  if (len === 8) return Number(scratch.view.getBigUint64(0, LITTLE_ENDIAN));
  const errno = libc.errno();
  if (errno === EAGAIN) return 0;
  throw failed("Cannot read an eventfd", errno);
}

export interface ConnectUdpOptions {
  readonly remote: InetAddress;
  /** Where datagrams come from; port 0 lets the kernel choose one. */
  readonly source?: InetAddress;
}

/**
 * Opens a UDP socket as a lane opens its upstream sockets: it sends to and hears from `remote`
 * only, and is told what the kernel had to drop (SO_RXQ_OVFL).
 *
 * An ICMP error is not known here; it comes as ECONNREFUSED from a later call on the socket.
 */
export function connectUdp(kernel: Kernel, { remote, source }: ConnectUdpOptions): number {
  const { libc, scratch } = kernel;
  const fd = openSocket(kernel, remote.octets, SOCK_DGRAM);
  try {
    setOption(kernel, fd, { level: SOL_SOCKET, name: SO_RXQ_OVFL, value: 1 });
    if (source !== undefined) bindSocket(kernel, fd, source);
    const sockaddr = emitSockaddr(remote);
    scratch.u8.set(sockaddr);
    const result = libc.connect(fd, scratch.at(0), sockaddr.length);
    expectDone(libc, result, `Cannot connect to ${socketAddressText(remote)}`);
    return fd;
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

/** Begins a TCP connection, from `source` if it is given. */
export function connectTcp(kernel: Kernel, address: InetAddress, source?: InetAddress): number {
  const { libc, scratch } = kernel;
  const fd = openSocket(kernel, address.octets, SOCK_STREAM);
  if (source !== undefined) bindSocket(kernel, fd, source);
  const sockaddr = emitSockaddr(address);
  scratch.u8.set(sockaddr);
  if (libc.connect(fd, scratch.at(0), sockaddr.length) < 0) {
    const errno = libc.errno();
    if (errno !== EINPROGRESS) throw failed("Cannot connect", errno);
  }
  return fd;
}

/**
 * The next connection of a listener and the text of its peer's address; undefined if none waits.
 */
export function acceptNow(
  { libc, scratch }: Kernel,
  listener: number,
): { readonly fd: number; readonly peer: string } | undefined {
  scratch.view.setUint32(128, 128, LITTLE_ENDIAN);
  const flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
  const fd = libc.accept4(listener, scratch.at(0), scratch.at(128), flags);
  return fd < 0 ? undefined : { fd, peer: socketAddressText(parseSockaddr(scratch.view)) };
}

/** Accepts the next connection of a listener. */
export function acceptOne(
  kernel: Kernel,
  listener: number,
): { readonly fd: number; readonly peer: string } {
  waitFor(kernel, listener, EPOLLIN);
  const accepted = acceptNow(kernel, listener);
  if (accepted === undefined) throw new Error("Cannot accept: nobody there");
  return accepted;
}

/** The flow label that the peer of an accepted connection has sent. */
export function remoteFlowLabel({ libc, scratch }: Kernel, fd: number): number {
  scratch.u8.fill(0, 0, FLOWLABEL_REQ_LEN);
  scratch.view.setUint16(FLOWLABEL_FLAGS_AT, IPV6_FL_F_REMOTE, LITTLE_ENDIAN);
  scratch.view.setUint32(128, FLOWLABEL_REQ_LEN, LITTLE_ENDIAN);
  const at = [scratch.at(0), scratch.at(128)] as const;
  const result = libc.getsockopt(fd, IPPROTO_IPV6, IPV6_FLOWLABEL_MGR, ...at);
  expectDone(libc, result, "Cannot ask for a flow label");
  return scratch.view.getUint32(FLOWLABEL_AT);
}

export function sendText({ libc, scratch }: Kernel, fd: number, text: string): void {
  const octets = new TextEncoder().encode(text);
  scratch.u8.set(octets);
  const sent = libc.send(fd, scratch.at(0), octets.length, MSG_NOSIGNAL);
  expectDone(libc, sent, "Cannot send");
}

/** The text that can be received now. */
export function receiveText({ libc, scratch }: Kernel, fd: number): string {
  const octets = expectDone(libc, libc.recv(fd, scratch.at(0), 128, 0), "Cannot receive");
  return new TextDecoder().decode(scratch.u8.slice(0, octets));
}

/** A socket option that is an int. */
export function optionOf(
  { libc, scratch }: Kernel,
  fd: number,
  option: { readonly level: number; readonly name: number },
): number {
  scratch.view.setUint32(8, 4, LITTLE_ENDIAN);
  const result = libc.getsockopt(fd, option.level, option.name, scratch.at(0), scratch.at(8));
  expectDone(libc, result, "Cannot ask for a socket option");
  return scratch.view.getInt32(0, LITTLE_ENDIAN);
}

/** The name of a socket's congestion control. */
export function congestionOf({ libc, scratch }: Kernel, fd: number): string {
  scratch.view.setUint32(16, 16, LITTLE_ENDIAN);
  const result = libc.getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, scratch.at(0), scratch.at(16));
  expectDone(libc, result, "Cannot ask for a socket's congestion control");
  const name = scratch.u8.slice(0, 16);
  return new TextDecoder().decode(name.subarray(0, name.indexOf(0)));
}

/**
 * A kernel that keeps count of the descriptors that it has opened and not closed. Tests of other
 * files open theirs at the same time, so those of the process say nothing.
 */
export function trackDescriptors(kernel: Kernel): { kernel: Kernel; open: ReadonlySet<number> } {
  const { libc } = kernel;
  const open = new Set<number>();
  const opened = (fd: number): number => {
    if (fd >= 0) open.add(fd);
    return fd;
  };
  const tracking: Libc = {
    ...libc,
    socket: (domain, type, protocol) => opened(libc.socket(domain, type, protocol)),
    open: (path, flags) => opened(libc.open(path, flags)),
    close(fd): number {
      open.delete(fd);
      return libc.close(fd);
    },
  };
  return { kernel: { ...kernel, libc: tracking }, open };
}

/**
 * A kernel that refuses one socket option, and the refusals that were told. The real call is made
 * on no descriptor, so its errno is EBADF.
 */
export function refuseOption(
  kernel: Kernel,
  level: number,
  name: number,
): { readonly kernel: Kernel; readonly refused: RefusedCall[] } {
  const { libc } = kernel;
  const refused: RefusedCall[] = [];

  /** What was asked, on no descriptor if the option is the one. */
  function meant<Rest extends readonly unknown[]>(
    [fd, of, asked, ...rest]: readonly [number, number, number, ...Rest],
  ): [number, number, number, ...Rest] {
    return [asked === name && of === level ? -1 : fd, of, asked, ...rest];
  }

  const refusing: Libc = {
    ...libc,
    setsockopt: (...asked) => libc.setsockopt(...meant(asked)),
    getsockopt: (...asked) => libc.getsockopt(...meant(asked)),
  };
  return {
    kernel: { ...kernel, libc: refusing, refused: (one) => void refused.push(one) },
    refused,
  };
}

export function closeAll(libc: Libc, fds: readonly number[]): void {
  for (const fd of fds) expectDone(libc, libc.close(fd), `Cannot close descriptor ${fd}`);
}
