// Blocking sockets of the load generator, by libc alone. A call that fails ends the bench.

import {
  AF_INET,
  EAGAIN,
  EPOLLRDHUP,
  IPPROTO_TCP,
  LITTLE_ENDIAN,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  SO_RCVBUF,
  SO_REUSEADDR,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_NODELAY,
  UDP_GRO,
} from "../../gateway/linux/constants.ts";
import { expectDone } from "../../gateway/linux/kernel.ts";
import { emitSockaddr, parseSockaddr, SOCKADDR_IN_LEN } from "../../gateway/linux/structs.ts";
import { addWatch, openEpoll } from "../../tests/support/test_kernel.ts";
import { type Arena, INBOX_LEN } from "./arena.ts";

/** An IPv4 address and a port. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/**
 * Connects by TCP, from the address `from` if it is given. Octets are sent at once (TCP_NODELAY).
 */
export function connectTcp(arena: Arena, remote: Endpoint, from?: string): number {
  const fd = _open(arena, SOCK_STREAM);
  _setOption(arena, fd, { level: IPPROTO_TCP, name: TCP_NODELAY, value: 1 });
  if (from !== undefined) _bind(arena, fd, { host: from, port: 0 });
  _limitWait(arena, fd);
  _connect(arena, fd, remote);
  return fd;
}

/** Listens by TCP on a free port of loopback. */
export function listenTcp(arena: Arena): { fd: number; port: number } {
  const fd = _open(arena, SOCK_STREAM);
  _setOption(arena, fd, { level: SOL_SOCKET, name: SO_REUSEADDR, value: 1 });
  _bind(arena, fd, { host: "127.0.0.1", port: 0 });
  expectDone(arena.libc, arena.libc.listen(fd, BACKLOG), "Cannot listen");
  return { fd, port: localPort(arena, fd) };
}

/** Accepts the next connection. */
export function acceptTcp({ libc }: Arena, fd: number): number {
  return expectDone(libc, libc.accept4(fd, libc.NULL, libc.NULL, SOCK_CLOEXEC), "Cannot accept");
}

/**
 * A UDP socket at `local`. Sockets with other remotes may share that address. With port 0 the
 * kernel chooses one.
 */
export function openUdp(arena: Arena, local: Endpoint): { fd: number; port: number } {
  const fd = _open(arena, SOCK_DGRAM);
  _setOption(arena, fd, { level: SOL_SOCKET, name: SO_REUSEADDR, value: 1 });
  _bind(arena, fd, local);
  return { fd, port: localPort(arena, fd) };
}

/**
 * A UDP socket that nobody reads. Once its buffer, the smallest possible, is full, the kernel drops
 * what comes.
 *
 * A sender pays the whole way through the kernel, and no second process takes part.
 */
export function openDiscard(arena: Arena, local: Endpoint): { fd: number; port: number } {
  const socket = openUdp(arena, local);
  _setOption(arena, socket.fd, { level: SOL_SOCKET, name: SO_RCVBUF, value: 1 });
  return socket;
}

/**
 * Lets a UDP socket receive runs of datagrams as one (UDP_GRO), so that the kernel need not split
 * them.
 */
export function takeRuns(arena: Arena, fd: number): void {
  _setOption(arena, fd, { level: SOL_UDP, name: UDP_GRO, value: 1 });
}

/**
 * Gives a TCP socket a send buffer that takes `len` octets while the peer does not read. Needs
 * CAP_NET_ADMIN.
 */
export function holdAll(arena: Arena, fd: number, len: number): void {
  _setOption(arena, fd, { level: SOL_SOCKET, name: SO_SNDBUFFORCE, value: 2 * len });
}

/**
 * Sends as much of `part` as the kernel takes at once. Returns the number of octets, 0 if its
 * buffer is full.
 */
export function sendSome(
  { libc, at }: Arena,
  fd: number,
  part: { at: number; len: number },
): number {
  const octets = libc.send(fd, at(part.at), part.len, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (octets < 0 && libc.errno() === EAGAIN) return 0;
  return expectDone(libc, octets, "Cannot send load");
}

/**
 * Aims a UDP socket at `remote`. The kernel cuts each larger send into datagrams of `len` octets
 * (UDP_SEGMENT).
 */
export function aimUdp(
  arena: Arena,
  fd: number,
  remote: Endpoint & { readonly len: number },
): void {
  _connect(arena, fd, remote);
  _setOption(arena, fd, { level: SOL_UDP, name: UDP_SEGMENT, value: remote.len });
}

/** Sends all of `part`. */
export function sendAll({ libc, at }: Arena, fd: number, part: { at: number; len: number }): void {
  let sent = 0;
  while (sent < part.len) {
    const octets = libc.send(fd, at(part.at + sent), part.len - sent, MSG_NOSIGNAL);
    sent += expectDone(libc, octets, "Cannot send load");
  }
}

/** Receives into the inbox. Returns the number of octets, 0 at the end of a stream. */
export function receiveSome({ libc, at, inbox }: Arena, fd: number): number {
  return expectDone(libc, libc.recv(fd, at(inbox), INBOX_LEN, 0), "Cannot receive");
}

/** Ends our direction (FIN). */
export function endTcp({ libc }: Arena, fd: number): void {
  expectDone(libc, libc.shutdown(fd, SHUT_WR), "Cannot end a stream");
}

/**
 * Ends our direction and waits until the peer has read everything and ended its own. Returns the
 * octets that it sent until then.
 */
export function finishTcp(arena: Arena, fd: number): number {
  endTcp(arena, fd);
  return awaitEnd(arena, fd);
}

/** Waits until the peer has ended its direction. Returns the octets that came before. */
export function awaitEnd(arena: Arena, fd: number): number {
  let octets = 0;
  for (;;) {
    const some = receiveSome(arena, fd);
    if (some === 0) return octets;
    octets += some;
  }
}

/** Waits until the peer of one of these connections has ended its direction. */
export function awaitFirstEnd(arena: Arena, fds: readonly number[]): void {
  const { libc, scratch } = arena;
  const epfd = openEpoll(arena);
  for (const fd of fds) addWatch(arena, { epfd, fd, events: EPOLLRDHUP, tag: { kind: 0, id: fd } });
  const ended = libc.epoll_wait(epfd, scratch.at(0), 1, Number(WAIT_MAX_S) * 1000);
  expectDone(libc, ended, "Cannot wait for an end");
  libc.close(epfd);
  if (ended === 0) throw new Error(`No connection has ended in ${WAIT_MAX_S} s`);
}

/** Waits for a datagram and returns its sender. */
export function senderOf(arena: Arena, fd: number): Endpoint {
  const { libc, address, view, inbox } = arena;
  // msghdr: name, length of the name, iovecs, their number, no control messages. One iovec follows
  // it.
  const words = [
    address(inbox + 128),
    BigInt(SOCKADDR_IN_LEN),
    address(inbox + 64),
    1n,
    0n,
    0n,
    0n,
  ];
  words.forEach((word, i) => view.setBigUint64(inbox + 8 * i, word, LITTLE_ENDIAN));
  view.setBigUint64(inbox + 64, address(inbox + 256), LITTLE_ENDIAN);
  view.setBigUint64(inbox + 72, 65_536n, LITTLE_ENDIAN);
  expectDone(libc, libc.recvmsg(fd, arena.at(inbox), 0), "Cannot receive a datagram");
  const { octets, port } = parseSockaddr(new DataView(view.buffer, inbox + 128, SOCKADDR_IN_LEN));
  return { host: octets.join("."), port };
}

/** The port of our end. */
export function localPort({ libc, scratch }: Arena, fd: number): number {
  scratch.view.setUint32(64, SOCKADDR_IN_LEN, LITTLE_ENDIAN);
  expectDone(libc, libc.getsockname(fd, scratch.at(0), scratch.at(64)), "Cannot tell a port");
  return parseSockaddr(scratch.view).port;
}

function _open({ libc }: Arena, type: number): number {
  return expectDone(libc, libc.socket(AF_INET, type | SOCK_CLOEXEC, 0), "Cannot open a socket");
}

function _bind(arena: Arena, fd: number, local: Endpoint): void {
  const { libc, scratch } = arena;
  const len = _writeSockaddr(arena, local);
  expectDone(libc, libc.bind(fd, scratch.at(0), len), `Cannot bind ${local.host}:${local.port}`);
}

function _connect(arena: Arena, fd: number, remote: Endpoint): void {
  const { libc, scratch } = arena;
  const len = _writeSockaddr(arena, remote);
  const result = libc.connect(fd, scratch.at(0), len);
  expectDone(libc, result, `Cannot connect to ${remote.host}:${remote.port}`);
}

function _writeSockaddr({ scratch }: Arena, { host, port }: Endpoint): number {
  const sockaddr = emitSockaddr({ octets: Uint8Array.from(host.split("."), Number), port });
  scratch.u8.set(sockaddr);
  return sockaddr.length;
}

function _setOption(arena: Arena, fd: number, option: Option): void {
  const { libc, scratch } = arena;
  scratch.view.setInt32(0, option.value, LITTLE_ENDIAN);
  const result = libc.setsockopt(fd, option.level, option.name, scratch.at(0), 4);
  expectDone(libc, result, `Cannot set option ${option.name}`);
}

/** Lets a `recv` without data fail after this time: something was lost, and the run is void. */
function _limitWait(arena: Arena, fd: number): void {
  const { libc, scratch } = arena;
  scratch.view.setBigInt64(0, WAIT_MAX_S, LITTLE_ENDIAN);
  scratch.view.setBigInt64(8, 0n, LITTLE_ENDIAN);
  const result = libc.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, scratch.at(0), 16);
  expectDone(libc, result, "Cannot set a timeout");
}

interface Option {
  readonly level: number;
  readonly name: number;
  readonly value: number;
}

const BACKLOG = 1024;
const SHUT_WR = 1;
const SO_SNDBUFFORCE = 32;
const WAIT_MAX_S = 5n;
const SO_RCVTIMEO = 20;
const SOL_UDP = 17;
const UDP_SEGMENT = 103;
