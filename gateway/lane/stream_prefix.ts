// The six octets that open every originator's stream. Pure: it knows neither sockets nor rings.

/** `IKETCP`, RFC 9329 §4. */
export const STREAM_PREFIX: Uint8Array = new Uint8Array([0x49, 0x4b, 0x45, 0x54, 0x43, 0x50]);

/** Octets of the stream prefix. */
export const STREAM_PREFIX_LEN = 6;

/** The answer of the octets seen so far. */
export type PrefixMatch =
  | { readonly kind: "match"; readonly used: number }
  | { readonly kind: "more"; readonly seen: number }
  | { readonly kind: "mismatch" };

/**
 * Matches the stream prefix at the start of a connection.
 *
 * RFC 9329 §4 and §6.1. The originator sends it once. TCP may deliver it one octet at a time, so
 * the caller keeps `seen` between calls. The first octet that differs is a mismatch.
 *
 * @param octets Borrowed view; only the first `STREAM_PREFIX_LEN - seen` octets are read
 * @param seen Octets already matched, 0..5
 * @returns `match` with the octets used, `more` with all octets matched so far, or `mismatch`
 * @throws {RangeError} If `seen` is outside 0..5
 */
export function matchStreamPrefix(octets: Uint8Array, seen: number): PrefixMatch {
  if (!Number.isInteger(seen) || seen < 0 || seen >= STREAM_PREFIX_LEN) {
    throw new RangeError(`Cannot match the stream prefix: seen is ${seen}, not 0..5`);
  }
  const used = Math.min(octets.length, STREAM_PREFIX_LEN - seen);
  for (let i = 0; i < used; i++) {
    if (octets[i] !== STREAM_PREFIX[seen + i]) return { kind: "mismatch" };
  }
  if (seen + used === STREAM_PREFIX_LEN) return { kind: "match", used };
  return { kind: "more", seen: seen + used };
}
