// The system calls that a running lane makes. A fake for its tests needs these and no more.

import type { Libc } from "../runtime/types.ts";

/** libc as a lane sees it. */
export type LaneLibc = Pick<
  Libc,
  | "accept"
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
  | "recv"
  | "recvmmsg"
  | "recvmsg"
  | "sendmmsg"
  | "sendmsg"
  | "getsockopt"
  | "setsockopt"
  | "socket"
  | "write"
  | "writev"
>;
