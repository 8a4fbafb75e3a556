// What every file of this folder works with: libc, and a window of shared memory where the arguments of a call are laid out. For set-up
// and supervision; calls per packet use tables made once (lane/tables.ts).

import type { Address, Libc, MappedMemory } from "../runtime/types.ts";
import { failed } from "./errno.ts";

/** Window of shared memory. It belongs to one thread; no function keeps anything in it after it has returned. */
export interface Scratch {
  readonly u8: Uint8Array;
  readonly view: DataView;
  /** Address of the octet at `offset` in the window. */
  at(offset: number): Address;
}

/** The kernel as a thread reaches it. */
export interface Kernel {
  readonly libc: Libc;
  readonly scratch: Scratch;
}

export interface ScratchOptions {
  readonly memory: WebAssembly.Memory;
  readonly mapped: MappedMemory;
  /** Where the window begins in the memory; a multiple of 8. */
  readonly offset: number;
}

/** Octets that a window has. */
export const SCRATCH_LEN = 256;

/** Lays a window over `SCRATCH_LEN` octets of the memory. */
export function createScratch({ memory, mapped, offset }: ScratchOptions): Scratch {
  return {
    u8: new Uint8Array(memory.buffer, offset, SCRATCH_LEN),
    view: new DataView(memory.buffer, offset, SCRATCH_LEN),
    at: (inner) => mapped.at(offset + inner),
  };
}

/** A number where a call takes an address, and this request none. */
export function numberArgument({ NULL }: Pick<Libc, "NULL">, value: number): Address {
  return (typeof NULL === "bigint" ? BigInt(value) : value) as Address;
}

/**
 * Passes on what a system call has returned.
 *
 * @param action What it was for, as the beginning of an error message
 * @throws {Error} If it is -1; the message ends with the name of errno
 */
export function expectDone(libc: Libc, result: number, action: string): number {
  if (result < 0) throw failed(action, libc.errno());
  return result;
}
