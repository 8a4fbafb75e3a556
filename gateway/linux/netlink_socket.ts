// Netlink sockets: requests with one answer, dumps, and a watch of what changes.

import {
  AF_NETLINK,
  EAFNOSUPPORT,
  EAGAIN,
  EINTR,
  ENOBUFS,
  ENOENT,
  EOPNOTSUPP,
  EPERM,
  LITTLE_ENDIAN,
  MSG_DONTWAIT,
  NETLINK_GET_STRICT_CHK,
  NETLINK_ROUTE,
  NLM_F_DUMP_INTR,
  SO_RCVBUF,
  SOCK_CLOEXEC,
  SOCK_RAW,
  SOL_NETLINK,
  SOL_SOCKET,
} from "./constants.ts";
import { failed } from "./errno.ts";
import { expectDone, type Kernel } from "./kernel.ts";
import { endOf, type Message, parseAnswer, parseMessages } from "./netlink.ts";
import { setOption } from "./sockets.ts";

/** Opens a socket of rtnetlink. */
function openNetlink({ libc }: Kernel, action: string): number {
  const fd = libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  return expectDone(libc, fd, action);
}

/** A change that is asked of the kernel. */
export interface Exchange {
  /** The beginning of an error message. */
  readonly action: string;
  /** The errno that is an answer and not a failure. */
  readonly tolerated: number;
}

/**
 * Sends one request and reads its answer. False if the answer was the tolerated errno.
 *
 * @throws {Error} If the kernel refuses it
 */
export function isDone(kernel: Kernel, message: Uint8Array, exchange: Exchange): boolean {
  const fd = openNetlink(kernel, exchange.action);
  try {
    const errno = answerTo(kernel, fd, { message, action: exchange.action });
    if (errno === 0) return true;
    if (errno === exchange.tolerated) return false;
    throw failed(exchange.action, errno, HINTS[errno]);
  } finally {
    kernel.libc.close(fd);
  }
}

/**
 * Returns errno of the answer. The kernel handles a request within `send`, so the answer is there
 * when the call returns.
 */
function answerTo(
  kernel: Kernel,
  fd: number,
  request: { readonly message: Uint8Array; readonly action: string },
): number {
  const { libc, scratch } = kernel;
  send(kernel, fd, request);
  const len = libc.recv(fd, scratch.at(0), scratch.u8.length, MSG_DONTWAIT);
  return parseAnswer(scratch.view, expectDone(libc, len, request.action));
}

function send(
  { libc, scratch }: Kernel,
  fd: number,
  { message, action }: { readonly message: Uint8Array; readonly action: string },
): void {
  scratch.u8.set(message);
  expectDone(libc, libc.send(fd, scratch.at(0), message.length, MSG_DONTWAIT), action);
}

/** A table to read. */
export interface DumpOptions {
  readonly message: Uint8Array;
  readonly action: string;
  /** Reads no more than the first datagram of the answer, however long the table is. */
  readonly isFirstOnly?: boolean;
}

/**
 * Reads a table, one call of `each` for each message. A table that changed meanwhile is read once
 * more.
 *
 * @param kernel With a window of 32 KiB, the most that the kernel puts into one datagram
 * @throws {Error} If the kernel refuses it
 */
export function dump(kernel: Kernel, options: DumpOptions, each: (message: Message) => void): void {
  if (!isConsistent(kernel, options, each)) isConsistent(kernel, options, each);
}

function isConsistent(
  kernel: Kernel,
  options: DumpOptions,
  each: (message: Message) => void,
): boolean {
  const { libc, scratch } = kernel;
  const fd = openNetlink(kernel, options.action);
  try {
    // Older kernels do not filter, and list more than was asked for.
    scratch.view.setInt32(0, 1, LITTLE_ENDIAN);
    libc.setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, scratch.at(0), 4);
    send(kernel, fd, options);
    let wasChanged = false;
    for (;;) {
      const len = libc.recv(fd, scratch.at(0), scratch.u8.length, MSG_DONTWAIT);
      const messages = parseMessages(scratch.view, expectDone(libc, len, options.action));
      for (const message of messages) {
        wasChanged ||= (message.flags & NLM_F_DUMP_INTR) !== 0;
        const errno = endOf(message);
        if (errno !== undefined && errno !== 0 && !ABSENT.includes(errno)) {
          throw failed(options.action, errno, HINTS[errno]);
        }
        if (errno !== undefined) return !wasChanged;
        each(message);
      }
      if (options.isFirstOnly === true || messages.length === 0) return true;
    }
  } finally {
    libc.close(fd);
  }
}

/** Hears what changes in the kernel's tables. */
export interface NetlinkWatch {
  /**
   * Calls `each` for each message that has come, without waiting. False if some were lost: then
   * anything may have changed.
   *
   * @throws {Error} If the socket has failed
   */
  read(each: (message: Message) => void): boolean;
  close(): void;
}

/**
 * Begins to watch.
 *
 * @param groups RTMGRP_ values
 * @throws {Error} `Cannot watch the network: EAFNOSUPPORT`
 */
export function openNetlinkWatch(kernel: Kernel, groups: number): NetlinkWatch {
  const { libc, scratch } = kernel;
  const fd = openNetlink(kernel, WATCH);
  try {
    setOption(kernel, fd, { level: SOL_SOCKET, name: SO_RCVBUF, value: WATCH_RCVBUF });
    scratch.u8.fill(0, 0, SOCKADDR_NL_LEN);
    scratch.view.setUint16(0, AF_NETLINK, LITTLE_ENDIAN);
    scratch.view.setUint32(SOCKADDR_NL_GROUPS_AT, groups, LITTLE_ENDIAN);
    expectDone(libc, libc.bind(fd, scratch.at(0), SOCKADDR_NL_LEN), WATCH);
  } catch (error) {
    libc.close(fd);
    throw error;
  }

  function read(each: (message: Message) => void): boolean {
    let isWhole = true;
    for (let i = 0; i < READS_MAX; i++) {
      const len = libc.recv(fd, scratch.at(0), scratch.u8.length, MSG_DONTWAIT);
      if (len >= 0) {
        for (const message of parseMessages(scratch.view, len)) each(message);
        continue;
      }
      const errno = libc.errno();
      if (errno === EAGAIN) return isWhole;
      if (errno === ENOBUFS) isWhole = false;
      else if (errno !== EINTR) throw failed(WATCH, errno);
    }
    return isWhole;
  }

  return { read, close: () => void libc.close(fd) };
}

/** Errors of a dump that mean an empty table: no such table, no such family, no such rules. */
const ABSENT: readonly number[] = [ENOENT, EAFNOSUPPORT, EOPNOTSUPP];

const HINTS: Readonly<Record<number, string>> = {
  [EPERM]: "needs CAP_NET_ADMIN",
  [EOPNOTSUPP]: "needs a kernel with policy routing, CONFIG_IP_MULTIPLE_TABLES",
};

const WATCH = "Cannot watch the network";

/** Octets that the kernel may hold between two looks: some thousand changes. */
const WATCH_RCVBUF = 1 << 20;

/** Most messages of one look; the rest is for the next. */
const READS_MAX = 4096;

/** `struct sockaddr_nl`: family 2 | zero 2 | port 4 | groups 4. */
const SOCKADDR_NL_LEN = 12;
const SOCKADDR_NL_GROUPS_AT = 8;
