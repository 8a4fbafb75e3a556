// A cursor over octets that cannot leave them. Octets that are taken are views of the message, not
// copies: they are the caller's for as long as the caller keeps the message.

/**
 * Reads fields in network order, each behind the one before.
 *
 * A field that does not fit reads as 0, or as no octets, and so does each field after it; `isShort`
 * says so. Fields can then be read in a row and judged once.
 */
export interface Reader {
  u8(): number;
  u16(): number;
  u32(): number;
  /** A view of the next octets. A negative length does not fit. */
  take(len: number): Uint8Array;
  /** A view of all octets that are left. */
  rest(): Uint8Array;
  /** Octets that are left. */
  left(): number;
  /** Whether a field did not fit. */
  isShort(): boolean;
}

export function createReader(octets: Uint8Array): Reader {
  const { length } = octets;
  let at = 0;
  let isShort = false;

  /** Where the next octets begin. Their end is beyond the last octet if they do not fit. */
  function advance(len: number): number {
    const from = at;
    isShort ||= len < 0 || len > length - at;
    at = isShort ? length : at + len;
    return isShort ? length : from;
  }

  function octet(index: number): number {
    return octets[index] ?? 0;
  }

  function u16(): number {
    const from = advance(2);
    return octet(from) << 8 | octet(from + 1);
  }

  function take(len: number): Uint8Array {
    const from = advance(len);
    return octets.subarray(from, at);
  }

  return {
    u8: () => octet(advance(1)),
    u16,
    u32: () => {
      const from = advance(4);
      return (octet(from) << 24 | octet(from + 1) << 16 | octet(from + 2) << 8 |
        octet(from + 3)) >>> 0;
    },
    take,
    rest: () => take(length - at),
    left: () => length - at,
    isShort: () => isShort,
  };
}
