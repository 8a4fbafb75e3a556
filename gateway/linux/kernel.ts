// What the files of this folder work with: libc, and a window of shared memory that holds the
// arguments of one call. Use it for set-up and supervision. Calls per packet use tables that are
// made once (lane/tables.ts).

import type { BetterCall, RefusedCall } from "../model/better_call.ts";
import type { Address, Libc, MappedMemory } from "../runtime/types.ts";
import { errnoName, failed } from "./errno.ts";

/**
 * A window of shared memory. It belongs to one thread, and no function keeps anything in it after
 * it returns.
 */
export interface Scratch {
  readonly u8: Uint8Array;
  readonly view: DataView;
  /** Address of the octet at `offset` in the window. */
  at(offset: number): Address;
}

/** Access of one thread to the kernel. */
export interface Kernel {
  readonly libc: Libc;
  readonly scratch: Scratch;
  /** Hears of calls that were refused and that the gateway can do without. */
  readonly refused?: (refused: RefusedCall) => void;
}

/** Where a window lies. */
export interface ScratchOptions {
  readonly memory: WebAssembly.Memory;
  readonly mapped: MappedMemory;
  /** Offset of the window in the memory; a multiple of 8. */
  readonly offset: number;
  /** Its length in octets; default {@link SCRATCH_LEN}. */
  readonly len?: number;
}

/** Length of a window, in octets, unless its maker asks for another. */
export const SCRATCH_LEN = 256;

/** Lays a window over a part of the memory. */
export function createScratch(options: ScratchOptions): Scratch {
  const { memory, mapped, offset, len = SCRATCH_LEN } = options;
  return {
    u8: new Uint8Array(memory.buffer, offset, len),
    view: new DataView(memory.buffer, offset, len),
    at: (inner) => mapped.at(offset + inner),
  };
}

/** Passes a number where a call's signature has an address but this request takes a number. */
export function numberArgument({ NULL }: Pick<Libc, "NULL">, value: number): Address {
  return (typeof NULL === "bigint" ? BigInt(value) : value) as Address;
}

/** Tells that the kernel has refused a call that has a plain form. */
export function noteRefused({ refused }: Kernel, call: BetterCall, errno: number): void {
  refused?.({ call, reason: errnoName(errno) });
}

/**
 * Returns the result of a system call, or throws if it failed.
 *
 * @param action What the call was for, as the beginning of an error message
 * @throws {Error} If the result is negative; the message ends with the name of errno
 */
export function expectDone(libc: Libc, result: number, action: string): number {
  if (result < 0) throw failed(action, libc.errno());
  return result;
}
