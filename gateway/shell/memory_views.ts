// The shell's views over the core's memory. They are made once, because the memory never grows.

/** Views that all readers in the shell share. */
export interface MemoryViews {
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly u64: BigUint64Array;
  readonly f64: Float64Array;
}

/** Lays the views over a memory. */
export function viewMemory(memory: WebAssembly.Memory): MemoryViews {
  const { buffer } = memory;
  return {
    u8: new Uint8Array(buffer),
    i32: new Int32Array(buffer),
    u32: new Uint32Array(buffer),
    u64: new BigUint64Array(buffer),
    f64: new Float64Array(buffer),
  };
}

/** Reads a 32-bit number; `offset` in octets. */
export function readU32(views: MemoryViews, offset: number): number {
  return Atomics.load(views.u32, offset >>> 2);
}

/** Reads a 64-bit number; `offset` in octets. */
export function readU64(views: MemoryViews, offset: number): bigint {
  return Atomics.load(views.u64, offset / 8);
}

/**
 * Reads a 64-bit counter; `offset` in octets. Exact up to 2^53, which no counter reaches in years.
 */
export function readCount(views: MemoryViews, offset: number): number {
  return Number(readU64(views, offset));
}

/** Reads a 64-bit float; `offset` in octets. */
export function readF64(views: MemoryViews, offset: number): number {
  return views.f64[offset / 8] ?? 0;
}
