// The system calls that a lane makes once it runs; a fake for its tests has to have these and no more.

import type { Libc } from "../runtime/types.ts";

/** libc as a lane sees it. */
export type LaneLibc = Pick<
  Libc,
  | "accept4"
  | "bind"
  | "close"
  | "connect"
  | "epoll_create1"
  | "epoll_ctl"
  | "epoll_wait"
  | "errno"
  | "getsockname"
  | "ioctl"
  | "NULL"
  | "read"
  | "readv"
  | "recvmmsg"
  | "sendmmsg"
  | "sendmsg"
  | "getsockopt"
  | "setsockopt"
  | "socket"
  | "write"
  | "writev"
>;
