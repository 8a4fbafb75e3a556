// The load generator's own libc and memory. Its load lies there ready, sealed before any clock
// runs, so that a run costs it little more than large writes. Its sockets block, and nothing else
// runs in its thread while a run is timed.

import { createScratch, type Kernel } from "../../gateway/linux/kernel.ts";
import { runtime } from "../../gateway/runtime/mod.ts";
import type { Address } from "../../gateway/runtime/types.ts";

/** The load generator's memory and kernel. */
export interface Arena extends Kernel {
  readonly u8: Uint8Array;
  readonly view: DataView;
  /** Absolute address of an offset, for tables inside the memory. */
  address(offset: number): bigint;
  /** The same address as the argument of a call. */
  at(offset: number): Address;
  /** Where received octets go. */
  readonly inbox: number;
  /** Where a burst of datagrams is laid out: `OUTBOX_LEN` octets. */
  readonly outbox: number;
  /** Reserves `len` octets, rounded up to a multiple of 64, until `reset`. Returns their offset. */
  take(len: number): number;
  /** Releases everything that was reserved. */
  reset(): void;
}

/** Octets that one `recv` may take. */
export const INBOX_LEN = 1_048_576;

/** More than one UDP datagram can carry. */
const OUTBOX_LEN = 65_536;

/** Makes an arena with room for `len` octets of load. */
export function openArena(len: number): Arena {
  const pages = Math.ceil((LOAD_AT + len) / PAGE_LEN);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const mapped = runtime.mapMemory(memory);
  const scratch = createScratch({ memory, mapped, offset: 0 });
  let taken = LOAD_AT;

  function take(wanted: number): number {
    const at = taken;
    taken += Math.ceil(wanted / ALIGNMENT) * ALIGNMENT;
    if (taken > pages * PAGE_LEN) throw new RangeError(`Cannot take ${wanted} octets of load`);
    return at;
  }

  return {
    libc: runtime.openLibc(),
    scratch,
    u8: new Uint8Array(memory.buffer),
    view: new DataView(memory.buffer),
    address: (offset) => mapped.base + BigInt(offset),
    at: mapped.at,
    inbox: INBOX_AT,
    outbox: OUTBOX_AT,
    take,
    reset: () => void (taken = LOAD_AT),
  };
}

const PAGE_LEN = 65_536;
const ALIGNMENT = 64;
const INBOX_AT = 4096;
const OUTBOX_AT = INBOX_AT + INBOX_LEN;
const LOAD_AT = OUTBOX_AT + OUTBOX_LEN;
