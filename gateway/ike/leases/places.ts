// The addresses of a pool: those of its prefixes that a client may have.

import type { IpAddress } from "../../model/address.ts";
import { makePrefix, type Prefix } from "../../model/prefix.ts";
import { octetsOf, spanOfPrefix } from "../selectors/ranges.ts";

/** The addresses of the prefixes, one after the other and round again. */
export interface Places {
  /** How many there are. */
  readonly size: bigint;
  has(address: IpAddress): boolean;
  /**
   * The next address that is free, behind the one that was found last.
   *
   * @param busyMax How many addresses may not be free, so that the search ends
   */
  find(isFree: (address: IpAddress) => boolean, busyMax: number): IpAddress | undefined;
}

/**
 * Makes the addresses of prefixes of one family, which do not overlap.
 *
 * The first and the last address of an IPv4 prefix stay unused, because hosts take them for its
 * network and its broadcast address. Of an IPv6 prefix the first one does (RFC 4291 §2.6.1).
 */
export function createPlaces(prefixes: readonly Prefix[]): Places {
  const spans = prefixes.map(usable).filter(({ first, last }) => first <= last);
  const size = spans.reduce((sum, { first, last }) => sum + last - first + 1n, 0n);
  let next = 0n;

  function at(place: bigint): IpAddress {
    let rest = place;
    for (const { first, last, bits } of spans) {
      const count = last - first + 1n;
      if (rest < count) return addressAt(first + rest, bits);
      rest -= count;
    }
    throw new RangeError(`Cannot find place ${place}: the pool has ${size}`);
  }

  function find(isFree: (address: IpAddress) => boolean, busyMax: number): IpAddress | undefined {
    for (let tries = 0; tries <= busyMax && BigInt(tries) < size; tries++) {
      const address = at(next);
      next = (next + 1n) % size;
      if (isFree(address)) return address;
    }
    return undefined;
  }

  return {
    size,
    has({ octets }): boolean {
      const { bits, first } = spanOfPrefix(makePrefix(octets, octets.length * 8));
      return spans.some((span) => span.bits === bits && span.first <= first && first <= span.last);
    },
    find,
  };
}

/** The addresses of a prefix that a client may have. */
function usable(prefix: Prefix): { bits: 32 | 128; first: bigint; last: bigint } {
  const { bits, first, last } = spanOfPrefix(prefix);
  const free = bits - prefix.bits;
  // RFC 3021 §2: of two addresses both are hosts, and a single one is too.
  if (free < 2) return { bits, first, last };
  return { bits, first: first + 1n, last: bits === 32 ? last - 1n : last };
}

function addressAt(number: bigint, bits: 32 | 128): IpAddress {
  const octets = octetsOf(number, bits);
  const { text } = makePrefix(octets, bits);
  return { octets, text: text.slice(0, text.lastIndexOf("/")) };
}
