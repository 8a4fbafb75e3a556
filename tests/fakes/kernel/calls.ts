// The fake kernel's system calls. Each returns what libc would, and leaves errno in the kernel.

import {
  AF_UNSPEC,
  EAGAIN,
  EBADF,
  ECONNREFUSED,
  ECONNRESET,
  ENOPROTOOPT,
  EPIPE,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
  IPPROTO_TCP,
  LITTLE_ENDIAN,
  MSG_EOR,
  MSG_ERRQUEUE,
  SIOCINQ,
  SIOCOUTQ,
  SO_RXQ_OVFL,
  SOL_SOCKET,
  TCP_INFO,
  TCP_KEEPIDLE,
} from "../../../gateway/linux/constants.ts";
import {
  edge,
  type End,
  type FakeKernel,
  openEnd,
  type TcpEnd,
  type TunEnd,
  type UdpEnd,
  udpEnd,
} from "./descriptors.ts";

/** A table in memory: where it is and how many entries it has. */
interface Table {
  readonly at: number;
  readonly count: number;
}

/** A part of a vectored call. */
interface Part {
  readonly at: number;
  readonly len: number;
}

const IOVEC_LEN = 16;
const MMSGHDR_LEN = 64;
const EPOLL_EVENT_LEN = 12;
/** `CMSG_LEN(4)` rounded up: one control message with a u32. */
const CONTROL_LEN = 24n;

/** Most reads in one test with a flood: a lane that reads more is in a loop that does not end. */
const READS_MAX = 10_000;

export const FAKE_CALLS = {
  accept,
  accept4,
  bind,
  close,
  connect,
  getsockname,
  getsockopt,
  ioctl,
  read,
  readv,
  recv,
  recvmmsg,
  recvmsg,
  sendmmsg,
  sendmsg,
  setsockopt,
  socket,
  wait,
  watch,
  write,
  writev,
};

function fail(kernel: FakeKernel, errno: number): number {
  kernel.lastErrno = errno;
  return -1;
}

function note(kernel: FakeKernel, name: string): void {
  kernel.onCall(name);
  kernel.calls.set(name, (kernel.calls.get(name) ?? 0) + 1);
}

/** Notes a call. Whether the kernel refuses all calls of that name, with errno left. */
function isRefused(kernel: FakeKernel, name: string): boolean {
  note(kernel, name);
  const errno = kernel.refused.get(name);
  if (errno !== undefined) kernel.lastErrno = errno;
  return errno !== undefined;
}

/** The end behind `fd`. A lane that calls on a descriptor of another kind has a defect. */
function endOf<K extends End["kind"]>(kernel: FakeKernel, fd: number, kind: K): End & { kind: K } {
  const end = kernel.ends.get(fd);
  if (end?.kind !== kind) throw new Error(`Cannot use descriptor ${fd}: not a ${kind}`);
  return end as End & { kind: K };
}

function word(kernel: FakeKernel, at: number): number {
  return Number(kernel.view.getBigUint64(at, LITTLE_ENDIAN));
}

function iovecs(kernel: FakeKernel, { at, count }: Table): Part[] {
  return Array.from({ length: count }, (_, i) => ({
    at: word(kernel, at + IOVEC_LEN * i),
    len: word(kernel, at + IOVEC_LEN * i + 8),
  }));
}

/** All octets that a msghdr points to. */
function messageOctets(kernel: FakeKernel, at: number): Uint8Array {
  return octetsOf(kernel, { at: word(kernel, at + 16), count: word(kernel, at + 24) });
}

function octetsOf(kernel: FakeKernel, table: Table): Uint8Array {
  const parts = iovecs(kernel, table);
  return new Uint8Array(
    parts.flatMap((part) => [...kernel.u8.subarray(part.at, part.at + part.len)]),
  );
}

function accept4(kernel: FakeKernel, fd: number, at: number): number {
  return isRefused(kernel, "accept4") ? -1 : acceptNext(kernel, fd, at);
}

function accept(kernel: FakeKernel, fd: number, at: number): number {
  note(kernel, "accept");
  return acceptNext(kernel, fd, at);
}

function acceptNext(kernel: FakeKernel, fd: number, at: number): number {
  const listener = endOf(kernel, fd, "listener");
  const failure = listener.failures.shift();
  if (failure !== undefined) return fail(kernel, failure);
  const next = listener.waiting.shift();
  if (next === undefined) return fail(kernel, EAGAIN);
  kernel.u8.set(next.sockaddr, at);
  return openEnd(kernel, next.end);
}

function close(kernel: FakeKernel, fd: number): number {
  note(kernel, "close");
  const end = kernel.ends.get(fd);
  if (end === undefined) return fail(kernel, EBADF);
  end.isClosed = true;
  end.watch = undefined;
  kernel.ends.delete(fd);
  return 0;
}

/** What requests write: what a read would give, and 0, as everything that was sent has arrived. */
const ANSWERS = new Map<number, (end: End) => number>([
  [SIOCINQ, unreadLen],
  [SIOCOUTQ, () => 0],
]);

function ioctl(
  kernel: FakeKernel,
  fd: number,
  { request, at }: { request: number; at: number },
): number {
  const end = kernel.ends.get(fd);
  if (end === undefined) return fail(kernel, EBADF);
  kernel.requests.push(request);
  const answer = ANSWERS.get(request);
  if (answer !== undefined) kernel.view.setUint32(at, answer(end), LITTLE_ENDIAN);
  return 0;
}

function unreadLen(end: End): number {
  switch (end.kind) {
    case "tcp":
      return end.unread.length + (end.flood.length > 0 ? FLOOD_UNREAD : 0);
    case "udp":
      return end.unread[0]?.length ?? 0;
    default:
      return 0;
  }
}

/** Octets that the kernel holds of a flood. */
const FLOOD_UNREAD = 1 << 20;

function bind(kernel: FakeKernel): number {
  const failure = kernel.failures.bind.shift();
  return failure === undefined ? 0 : fail(kernel, failure);
}

function setsockopt(
  kernel: FakeKernel,
  fd: number,
  { level, name, at }: { readonly level: number; readonly name: number; readonly at: number },
): number {
  const option = `${level} ${name}`;
  kernel.options.push(option);
  const errno = kernel.refusedOptions.get(option);
  if (errno !== undefined) return fail(kernel, errno);
  const end = kernel.ends.get(fd);
  if (end?.kind === "tcp") end.options.set(option, kernel.view.getInt32(at, LITTLE_ENDIAN));
  return 0;
}

/** Most seconds of silence before a probe with which a test's peer is taken for probed. */
const PROBED_S = 10;

/**
 * Options of TCP that were set, 120 before, and TCP_INFO: a peer that has vanished has left probes
 * unanswered, if there were any, and a minute has gone.
 */
function getsockopt(
  kernel: FakeKernel,
  fd: number,
  { level, name, at }: { readonly level: number; readonly name: number; readonly at: number },
): number {
  const end = kernel.ends.get(fd);
  if (end?.kind !== "tcp") return fail(kernel, ENOPROTOOPT);
  if (level !== IPPROTO_TCP || name !== TCP_INFO) {
    const value = end.options.get(`${level} ${name}`) ?? 120;
    kernel.view.setInt32(at, value, LITTLE_ENDIAN);
    return 0;
  }
  const isProbed = (end.options.get(`${IPPROTO_TCP} ${TCP_KEEPIDLE}`) ?? Infinity) <= PROBED_S;
  kernel.u8.fill(0, at, at + INFO_LEN);
  if (!end.isGone) return 0;
  kernel.u8[at + INFO_PROBES_AT] = isProbed ? 5 : 0;
  for (const since of INFO_HEARD_AT) kernel.view.setUint32(at + since, 60_000, LITTLE_ENDIAN);
  return 0;
}

/** In `struct tcp_info`: the length that is asked for, unanswered probes, times since news, ms. */
const INFO_LEN = 60;
const INFO_PROBES_AT = 3;
const INFO_HEARD_AT = [52, 56];

/** Connects a UDP socket, or takes its peer and source away (AF_UNSPEC). */
function connect(kernel: FakeKernel, fd: number, at: number): number {
  note(kernel, "connect");
  const end = endOf(kernel, fd, "udp");
  end.source = [];
  if (kernel.view.getUint16(at, LITTLE_ENDIAN) === AF_UNSPEC) return 0;
  const failure = kernel.failures.connect.shift();
  if (failure !== undefined) return fail(kernel, failure);
  end.source = kernel.source;
  return 0;
}

/** Writes a socket's IPv4 address; a TCP socket has none here. */
function getsockname(kernel: FakeKernel, fd: number, at: number): number {
  const end = kernel.ends.get(fd);
  kernel.u8.set(end?.kind === "udp" ? end.source : [], at + 4);
  return 0;
}

function socket(kernel: FakeKernel): number {
  note(kernel, "socket");
  const failure = kernel.failures.socket.shift();
  if (failure !== undefined) return fail(kernel, failure);
  const end = udpEnd();
  kernel.sockets.push(end);
  return openEnd(kernel, end);
}

function watch(
  kernel: FakeKernel,
  fd: number,
  asked: { epfd: number; op: number; at: number },
): number {
  const end = kernel.ends.get(fd);
  if (end?.watch !== undefined && asked.op === EPOLL_CTL_DEL) {
    end.watch = undefined;
    return 0;
  }
  const op = end?.watch === undefined ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (end === undefined || asked.op !== op) return fail(kernel, EBADF);
  const { view } = kernel;
  end.watch = {
    epfd: asked.epfd,
    events: view.getUint32(asked.at, LITTLE_ENDIAN),
    low: view.getUint32(asked.at + 4, LITTLE_ENDIAN),
    high: view.getUint32(asked.at + 8, LITTLE_ENDIAN),
    edges: 0,
  };
  edge(end, readiness(end));
  return 0;
}

function wait(kernel: FakeKernel, epfd: number, { at: events, count: max }: Table): number {
  note(kernel, "epoll_wait");
  let count = 0;
  for (const end of kernel.ends.values()) {
    if (count === max) break;
    if (end.watch?.epfd !== epfd) continue;
    const told = edgesOf(end);
    if (end.watch.edges !== 0) awaitSpace(end);
    end.watch.edges = 0;
    if (told === 0) continue;
    const at = events + EPOLL_EVENT_LEN * count++;
    kernel.view.setUint32(at, told, LITTLE_ENDIAN);
    kernel.view.setUint32(at + 4, end.watch.low, LITTLE_ENDIAN);
    kernel.view.setUint32(at + 8, end.watch.high, LITTLE_ENDIAN);
  }
  return count;
}

/**
 * Has an end that is full tell when it has room, as the poll behind an edge does: the room that the
 * edge was about may be gone by now.
 */
function awaitSpace(end: End): void {
  if ((end.kind === "udp" || end.kind === "tcp") && end.space === 0) end.isWaitingForSpace = true;
}

/**
 * The events that epoll tells of an end now. An edge is told once, with everything that is ready
 * then.
 */
export function edgesOf(end: End): number {
  if (end.watch === undefined) return 0;
  const isEdge = (end.watch.events & EPOLLET) !== 0;
  const isDue = !isEdge || end.watch.edges !== 0;
  return isDue ? readiness(end) & (end.watch.events | EPOLLERR | EPOLLHUP) : 0;
}

function readv(kernel: FakeKernel, fd: number, table: Table): number {
  if (isRefused(kernel, "readv")) return -1;
  return readTcp(kernel, endOf(kernel, fd, "tcp"), table);
}

function readTcp(kernel: FakeKernel, end: TcpEnd, table: Table | Part): number {
  const parts = "count" in table ? iovecs(kernel, table) : [table];
  if (end.hasReset) {
    end.hasReset = false;
    end.hasFin = true;
    return fail(kernel, ECONNRESET);
  }
  if (end.flood.length > 0) return pour(kernel, end, parts);
  if (end.unread.length === 0) return end.hasFin ? 0 : fail(kernel, EAGAIN);
  let octets = 0;
  for (const part of parts) {
    const taken = end.unread.splice(0, Math.min(part.len, kernel.readMax - octets));
    kernel.u8.set(taken, part.at);
    octets += taken.length;
  }
  return octets;
}

/** Fills all parts from a flood; throws if the lane reads it for ever. */
function pour(kernel: FakeKernel, end: TcpEnd, parts: Part[]): number {
  if ((kernel.calls.get("readv") ?? 0) > READS_MAX) throw new Error("The lane reads for ever");
  let octets = 0;
  for (const part of parts) {
    const { at } = part;
    const len = Math.min(part.len, kernel.readMax - octets);
    for (let i = 0; i < len; i++) {
      kernel.u8[at + i] = end.flood[end.floodAt] ?? 0;
      end.floodAt = (end.floodAt + 1) % end.flood.length;
    }
    octets += len;
  }
  return octets;
}

function sendmsg(
  kernel: FakeKernel,
  fd: number,
  { at, flags }: { readonly at: number; readonly flags: number },
): number {
  if (isRefused(kernel, "sendmsg")) return -1;
  if (kernel.ends.get(fd)?.kind === "udp") {
    const sent = sendDatagrams(kernel, endOf(kernel, fd, "udp"), { at, count: 1 });
    return sent < 0 ? sent : messageOctets(kernel, at).length;
  }
  if (kernel.eorFailure !== 0 && (flags & MSG_EOR) !== 0) return fail(kernel, kernel.eorFailure);
  return sendTcp(kernel, endOf(kernel, fd, "tcp"), messageOctets(kernel, at));
}

function sendTcp(kernel: FakeKernel, end: TcpEnd, octets: Uint8Array): number {
  if (end.hasReset) return fail(kernel, EPIPE);
  const taken = Math.min(octets.length, end.space);
  end.space -= taken;
  if (taken < octets.length) end.isWaitingForSpace = true;
  if (taken === 0) return fail(kernel, EAGAIN);
  for (const octet of octets.subarray(0, taken)) end.sent.push(octet);
  return taken;
}

function sendmmsg(kernel: FakeKernel, fd: number, table: Table): number {
  if (isRefused(kernel, "sendmmsg")) return -1;
  return sendDatagrams(kernel, endOf(kernel, fd, "udp"), table);
}

function sendDatagrams(kernel: FakeKernel, end: UdpEnd, { at, count }: Table): number {
  if (end.hasError) {
    end.hasError = false;
    return fail(kernel, ECONNREFUSED);
  }
  const failure = end.failures.shift();
  if (failure !== undefined) return fail(kernel, failure);
  let taken = 0;
  while (taken < count) {
    const datagrams = cut(kernel, at + MMSGHDR_LEN * taken);
    if (datagrams.length > 1 && end.runFailure !== 0) {
      if (taken > 0) return taken;
      end.runsRefused++;
      return fail(kernel, end.runFailure);
    }
    if (datagrams.length > end.space) break;
    end.space -= datagrams.length;
    taken++;
    if (end.isRefused) {
      refuse(end, ...datagrams);
      break;
    }
    end.sent.push(...datagrams);
  }
  if (taken < count) end.isWaitingForSpace = true;
  return taken > 0 ? taken : fail(kernel, EAGAIN);
}

/** The host behind refuses datagrams that it was sent. */
export function refuse(end: UdpEnd, ...datagrams: Uint8Array[]): void {
  end.errors.push(...datagrams);
  end.hasError = true;
  edge(end, EPOLLERR);
}

/** Reads the error queue. */
function readErrorQueue(kernel: FakeKernel, fd: number, at: number): number {
  const end = endOf(kernel, fd, "udp");
  const datagram = end.errors.shift();
  if (datagram === undefined) return fail(kernel, EAGAIN);
  end.hasError = end.errors.length > 0;
  const [part] = iovecs(kernel, { at: word(kernel, at + 16), count: 1 });
  if (part === undefined) return fail(kernel, EAGAIN);
  const head = datagram.subarray(0, part.len);
  kernel.u8.set(head, part.at);
  kernel.view.setUint32(word(kernel, at + 32) + 16, ECONNREFUSED, LITTLE_ENDIAN);
  return head.length;
}

/** Reads a datagram and drops it. */
function recv(kernel: FakeKernel, fd: number): number {
  note(kernel, "recv");
  const datagram = endOf(kernel, fd, "udp").unread.shift();
  return datagram === undefined ? fail(kernel, EAGAIN) : datagram.length;
}

/** The datagrams of one message; a run of datagrams is cut as UDP_SEGMENT says. */
function cut(kernel: FakeKernel, at: number): Uint8Array[] {
  const octets = messageOctets(kernel, at);
  if (word(kernel, at + 40) === 0) return [octets];
  const size = kernel.view.getUint16(word(kernel, at + 32) + 16, LITTLE_ENDIAN);
  const count = Math.ceil(octets.length / size);
  return Array.from({ length: count }, (_, i) => octets.subarray(i * size, (i + 1) * size));
}

function recvmmsg(kernel: FakeKernel, fd: number, { at, count }: Table): number {
  if (isRefused(kernel, "recvmmsg")) return -1;
  const end = endOf(kernel, fd, "udp");
  const failure = end.readFailures.shift();
  if (failure !== undefined) return fail(kernel, failure);
  let got = 0;
  while (got < count && receive(kernel, end, at + MMSGHDR_LEN * got)) got++;
  return got > 0 ? got : fail(kernel, EAGAIN);
}

function recvmsg(
  kernel: FakeKernel,
  fd: number,
  { at, flags }: { readonly at: number; readonly flags: number },
): number {
  if (isRefused(kernel, "recvmsg")) return -1;
  if ((flags & MSG_ERRQUEUE) !== 0) return readErrorQueue(kernel, fd, at);
  const [first] = endOf(kernel, fd, "udp").unread;
  if (!receive(kernel, endOf(kernel, fd, "udp"), at)) return fail(kernel, EAGAIN);
  // Only recvmmsg writes the length there.
  kernel.view.setUint32(at + 56, 0, LITTLE_ENDIAN);
  return first?.length ?? 0;
}

/** Writes one datagram into the mmsghdr at `at`; false if there is none. */
function receive(kernel: FakeKernel, end: UdpEnd, at: number): boolean {
  const datagram = end.unread.shift();
  if (datagram === undefined) return false;
  const [part] = iovecs(kernel, { at: word(kernel, at + 16), count: 1 });
  kernel.u8.set(datagram, part?.at);
  kernel.view.setBigUint64(at + 40, end.overflow > 0 ? CONTROL_LEN : 0n, LITTLE_ENDIAN);
  const control = word(kernel, at + 32);
  kernel.view.setBigUint64(control, CONTROL_LEN, LITTLE_ENDIAN);
  kernel.view.setUint32(control + 8, SOL_SOCKET, LITTLE_ENDIAN);
  kernel.view.setUint32(control + 12, SO_RXQ_OVFL, LITTLE_ENDIAN);
  kernel.view.setUint32(control + 16, end.overflow, LITTLE_ENDIAN);
  kernel.view.setUint32(at + 56, datagram.length, LITTLE_ENDIAN);
  return true;
}

function read(kernel: FakeKernel, fd: number, part: Part): number {
  note(kernel, "read");
  const end = kernel.ends.get(fd);
  if (end?.kind === "tcp") return readTcp(kernel, end, part);
  if (end?.kind === "eventfd") {
    if (end.count === 0) return fail(kernel, EAGAIN);
    kernel.view.setBigUint64(part.at, BigInt(end.count), LITTLE_ENDIAN);
    end.count = 0;
    return 8;
  }
  const { readFailures, unread } = endOf(kernel, fd, "tun");
  const failure = readFailures.shift();
  if (failure !== undefined) return fail(kernel, failure);
  const packet = unread.shift();
  if (packet === undefined) return fail(kernel, EAGAIN);
  kernel.u8.set(packet, part.at);
  return packet.length;
}

function write(kernel: FakeKernel, fd: number, { at, len }: Part): number {
  note(kernel, "write");
  const end = kernel.ends.get(fd);
  if (end?.kind === "tun") return writeTun(kernel, end, kernel.u8.slice(at, at + len));
  endOf(kernel, fd, "eventfd").count += word(kernel, at);
  return 8;
}

function writev(kernel: FakeKernel, fd: number, table: Table): number {
  if (isRefused(kernel, "writev")) return -1;
  const end = kernel.ends.get(fd);
  if (end?.kind === "tcp") return sendTcp(kernel, end, octetsOf(kernel, table));
  const tun = endOf(kernel, fd, "tun");
  if (table.count > 1 && tun.joinFailure !== 0) return fail(kernel, tun.joinFailure);
  return writeTun(kernel, tun, octetsOf(kernel, table));
}

function writeTun(kernel: FakeKernel, end: TunEnd, octets: Uint8Array): number {
  if (end.failure !== 0) return fail(kernel, end.failure);
  end.written.push(octets);
  return octets.length;
}

/** The events that level-triggered epoll would tell of an end now. */
function readiness(end: End): number {
  switch (end.kind) {
    case "listener":
      return end.waiting.length > 0 || end.failures.length > 0 ? EPOLLIN : 0;
    case "eventfd":
      return end.count > 0 ? EPOLLIN : 0;
    case "tun":
      return (end.unread.length > 0 ? EPOLLIN : 0) | EPOLLOUT;
    case "udp":
      return (end.unread.length > 0 ? EPOLLIN : 0) | (end.space > 0 ? EPOLLOUT : 0) |
        (end.errors.length > 0 || end.readFailures.length > 0 ? EPOLLERR : 0);
    case "tcp":
      return (end.unread.length + end.flood.length > 0 || end.hasFin || end.hasReset
        ? EPOLLIN
        : 0) |
        (end.space > 0 ? EPOLLOUT : 0) | (end.hasFin ? EPOLLRDHUP : 0) |
        (end.hasReset ? EPOLLRDHUP | EPOLLERR | EPOLLHUP : 0);
  }
}
