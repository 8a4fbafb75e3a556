// The signatures of libc, shared by both runtimes. Addresses are 64 bits wide and everything else
// is 32. With a `u64` parameter or an `isize` result, Deno would not make a fast call: 85 to 130 ns
// instead of 5 (Deno 2.9.6, x86-64). That is why lengths are u32 and results i32.

import type { Libc } from "./types.ts";

/** The type of a parameter. `address` is `usize` on Deno and `ptr` on Bun. */
export type LibcParameter = "i32" | "u32" | "address";

/** glibc. musl has another name and is not supported. */
export const LIBC_NAME = "libc.so.6";

/**
 * Every function of {@link Libc} that libc exports under the same name. All of them return an i32.
 */
export const LIBC_SYMBOLS = {
  _exit: ["i32"],
  accept: ["i32", "address", "address"],
  accept4: ["i32", "address", "address", "i32"],
  alarm: ["u32"],
  bind: ["i32", "address", "u32"],
  clock_gettime: ["i32", "address"],
  close: ["i32"],
  connect: ["i32", "address", "u32"],
  epoll_create1: ["i32"],
  epoll_ctl: ["i32", "i32", "i32", "address"],
  epoll_wait: ["i32", "address", "i32", "i32"],
  eventfd: ["u32", "i32"],
  flock: ["i32", "i32"],
  getauxval: ["u32"],
  geteuid: [],
  getsockname: ["i32", "address", "address"],
  getsockopt: ["i32", "i32", "i32", "address", "address"],
  ioctl: ["i32", "u32", "address"],
  listen: ["i32", "i32"],
  open: ["address", "i32"],
  poll: ["address", "u32", "i32"],
  prctl: ["i32", "u32"],
  prlimit: ["i32", "i32", "address", "address"],
  read: ["i32", "address", "u32"],
  readv: ["i32", "address", "i32"],
  recv: ["i32", "address", "u32", "i32"],
  recvmmsg: ["i32", "address", "u32", "i32", "address"],
  recvmsg: ["i32", "address", "i32"],
  send: ["i32", "address", "u32", "i32"],
  sendmmsg: ["i32", "address", "u32", "i32"],
  sendmsg: ["i32", "address", "i32"],
  setsockopt: ["i32", "i32", "i32", "address", "u32"],
  shutdown: ["i32", "i32"],
  signal: ["i32", "address"],
  socket: ["i32", "i32", "i32"],
  write: ["i32", "address", "u32"],
  writev: ["i32", "address", "i32"],
} as const satisfies Record<LibcSymbol, readonly LibcParameter[]>;

type LibcSymbol = Exclude<keyof Libc, "errno" | "NULL">;
