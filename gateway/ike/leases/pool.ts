// Inner addresses for clients (RFC 7296 §2.19, §3.15.1). An identity that comes back gets the
// address that it had, for as long as nobody else needs it.

import type { IpAddress } from "../../model/address.ts";
import { makePrefix, type Prefix } from "../../model/prefix.ts";
import { octetsOf, spanOfPrefix } from "../selectors/ranges.ts";

/** A client that asks for an address. */
export interface LeaseAsked {
  /** The authenticated identity, in the one form that all its spellings share. */
  readonly identity: string;
  /** The address that it would like. */
  readonly wish?: IpAddress;
}

/** The addresses of one family that clients may have. */
export interface Pool {
  /**
   * Gives out an address until `release`: the one that the identity had last, else the one that it
   * would like, else a free one, else the one that has waited longest for another identity.
   *
   * @returns undefined if all are in use
   */
  take(asked: LeaseAsked): IpAddress | undefined;
  /** Takes an address back, and keeps it for its identity. */
  release(address: IpAddress): void;
  /** How many addresses are in use. */
  inUse(): number;
}

/** Most addresses that wait for their identities. A prefix of IPv6 has no bound of its own. */
const KEPT_MAX = 65_536;

/**
 * Makes a pool of whole prefixes.
 *
 * The first and the last address of an IPv4 prefix stay unused, because hosts take them for its
 * network and its broadcast address. Of an IPv6 prefix the first one does (RFC 4291 §2.6.1).
 *
 * @param prefixes Prefixes of one family, which do not overlap
 * @param reserved Addresses that are somebody's already, this host's for one
 */
export function createPool(prefixes: readonly Prefix[], reserved: readonly IpAddress[]): Pool {
  const places = createPlaces(prefixes);
  const kept = createKept();
  const taken = new Set(reserved.map(({ text }) => text));
  /** Identities by the address that is in use. */
  const holders = new Map<string, string>();

  function take({ identity, wish }: LeaseAsked): IpAddress | undefined {
    const address = kept.of(identity) ?? granted(wish) ?? nextFree() ?? kept.oldest();
    if (address === undefined) return undefined;
    kept.remove(address);
    taken.add(address.text);
    holders.set(address.text, identity);
    return address;
  }

  function granted(wish: IpAddress | undefined): IpAddress | undefined {
    return wish !== undefined && places.has(wish) && isFree(wish) ? wish : undefined;
  }

  function nextFree(): IpAddress | undefined {
    return places.find(isFree, taken.size + kept.size());
  }

  function isFree(address: IpAddress): boolean {
    return !taken.has(address.text) && !kept.has(address);
  }

  function release(address: IpAddress): void {
    const identity = holders.get(address.text);
    if (identity === undefined) return;
    holders.delete(address.text);
    taken.delete(address.text);
    kept.add(identity, address);
  }

  return { take, release, inUse: () => holders.size };
}

/** Addresses that wait for their identities, one for each. */
interface Kept {
  /** An identity that has one already keeps the new one. */
  add(identity: string, address: IpAddress): void;
  remove(address: IpAddress): void;
  of(identity: string): IpAddress | undefined;
  has(address: IpAddress): boolean;
  /** The one that has waited longest. */
  oldest(): IpAddress | undefined;
  size(): number;
}

function createKept(): Kept {
  /** In the order in which they came. */
  const byAddress = new Map<string, { readonly identity: string; readonly address: IpAddress }>();
  const byIdentity = new Map<string, IpAddress>();

  function remove({ text }: IpAddress): void {
    const entry = byAddress.get(text);
    if (entry === undefined) return;
    byAddress.delete(text);
    byIdentity.delete(entry.identity);
  }

  function oldest(): IpAddress | undefined {
    const [entry] = byAddress.values();
    return entry?.address;
  }

  function add(identity: string, address: IpAddress): void {
    const before = byIdentity.get(identity) ?? (byAddress.size < KEPT_MAX ? undefined : oldest());
    if (before !== undefined) remove(before);
    byAddress.set(address.text, { identity, address });
    byIdentity.set(identity, address);
  }

  return {
    add,
    remove,
    of: (identity) => byIdentity.get(identity),
    has: ({ text }) => byAddress.has(text),
    oldest,
    size: () => byAddress.size,
  };
}

/** The addresses of the prefixes, one after the other and round again. */
interface Places {
  has(address: IpAddress): boolean;
  /**
   * The next address that is free, behind the one that was found last.
   *
   * @param busyMax How many addresses may not be free, so that the search ends
   */
  find(isFree: (address: IpAddress) => boolean, busyMax: number): IpAddress | undefined;
}

function createPlaces(prefixes: readonly Prefix[]): Places {
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
