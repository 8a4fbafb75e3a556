// libc with a kernel that is never told to hold little.

import { TCP_NOTSENT_LOWAT } from "../../../gateway/linux/constants.ts";
import type { Libc } from "../../../gateway/runtime/types.ts";

/** `libc`, but TCP_NOTSENT_LOWAT stays as the system has it. */
export function withoutLowat(libc: Libc): Libc {
  return {
    ...libc,
    setsockopt: (...args) => args[2] === TCP_NOTSENT_LOWAT ? 0 : libc.setsockopt(...args),
  };
}
