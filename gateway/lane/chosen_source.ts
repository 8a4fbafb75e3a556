// The source that the kernel would choose towards the daemon (`source.ts`).

/** Octets of the longest address. */
export const ADDRESS_MAX = 16;

/** A source that the kernel has chosen. */
export interface ChosenSource {
  /** IPv4 has the first 4 octets. */
  readonly octets: Uint8Array;
  /** Whether there was one: without a route there is none. */
  isThere: boolean;
  /** Time until which it counts, monotonic ms. */
  untilAt: number;
}

/** Makes the record of a lane that has not asked. */
export function createChosenSource(): ChosenSource {
  return { octets: new Uint8Array(ADDRESS_MAX), isThere: false, untilAt: 0 };
}
