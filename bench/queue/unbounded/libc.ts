// libc without the limit on the kernel's unsent octets.

import { TCP_NOTSENT_LOWAT } from "../../../gateway/linux/constants.ts";
import type { Libc } from "../../../gateway/runtime/types.ts";

/** Wraps `libc` so that TCP_NOTSENT_LOWAT keeps the system's value. */
export function withoutLowat(libc: Libc): Libc {
  return {
    ...libc,
    setsockopt: (...args) => args[2] === TCP_NOTSENT_LOWAT ? 0 : libc.setsockopt(...args),
  };
}
