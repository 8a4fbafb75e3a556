// Writes fields into octets that the caller owns: a whole message lies in one buffer, and no part
// of it is copied again.

/** Writes fields in network order, each behind the one before. */
export interface Writer {
  u8(value: number): void;
  u16(value: number): void;
  u32(value: number): void;
  octets(value: Uint8Array): void;
  /** Leaves out `len` octets, which keep what they held, and says where they begin. */
  skip(len: number): number;
  /** Writes over 16 bits that were left out before. */
  patchU16(at: number, value: number): void;
  patchU32(at: number, value: number): void;
  patchU8(at: number, value: number): void;
  /** Octets from the beginning of the buffer to the cursor. */
  len(): number;
  /** A view of what is written. */
  written(): Uint8Array;
}

/**
 * Begins to write at the front of `buffer`.
 *
 * @returns Its methods throw a RangeError if the buffer is too small. What is written comes from
 *   this side and has limits, so that is a fault of the program
 */
export function createWriter(buffer: Uint8Array): Writer {
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  let at = 0;

  function skip(len: number): number {
    if (len > buffer.length - at) {
      throw new RangeError(`Cannot emit an IKE message: more than ${buffer.length} octets`);
    }
    at += len;
    return at - len;
  }

  return {
    u8: (value) => view.setUint8(skip(1), value),
    u16: (value) => view.setUint16(skip(2), value),
    u32: (value) => view.setUint32(skip(4), value),
    octets: (value) => buffer.set(value, skip(value.length)),
    skip,
    patchU8: (where, value) => view.setUint8(where, value),
    patchU16: (where, value) => view.setUint16(where, value),
    patchU32: (where, value) => view.setUint32(where, value),
    len: () => at,
    written: () => buffer.subarray(0, at),
  };
}
