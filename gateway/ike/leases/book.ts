// Who has which inner address (RFC 7296 §2.19, §3.15.1). All pools of a process share one book, so
// pools may overlap and change, and no address is given out twice. An identity that comes back gets
// the address that it had, for as long as nobody else needs it.

import type { IpAddress } from "../../model/address.ts";
import type { Prefix } from "../../model/prefix.ts";
import { createKept, type Kept } from "./kept.ts";
import { createPlaces, type Places } from "./places.ts";

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
  /** How many of its addresses are in use, by whatever pool. */
  inUse(): number;
  /** How many addresses it has. */
  readonly size: bigint;
}

/** An identity and the address that it has or had. */
export interface Lease {
  readonly identity: string;
  readonly address: IpAddress;
}

/** What a book is made from. */
export interface LeaseBookOptions {
  /** Addresses that are somebody's already, this host's for one. */
  readonly reserved: readonly IpAddress[];
  /** What was leased before the process began, oldest first. */
  readonly known?: readonly Lease[];
  /** Hears of each address that an identity gets and did not have last. */
  readonly onLease?: (lease: Lease) => void;
}

/** The leases of a process. */
export interface LeaseBook {
  /** The pool of these prefixes, of one family and without overlaps; the same one each time. */
  pool(prefixes: readonly Prefix[]): Pool;
}

/** Most addresses that wait for their identities. A prefix of IPv6 has no bound of its own. */
export const KEPT_MAX = 65_536;

/** Makes a book without leases in use. */
export function createLeaseBook(options: LeaseBookOptions): LeaseBook {
  const { reserved, known = [] } = options;
  const book: Book = {
    taken: new Set(reserved.map(({ text }) => text)),
    kept: createKept(KEPT_MAX),
    holders: new Map(),
    freed: new Map(),
    onLease: options.onLease ?? ((): void => {}),
  };
  for (const { identity, address } of known) {
    if (!book.taken.has(address.text)) book.kept.add(identity, address);
  }
  const pools = new Map<string, Pool>();
  return {
    pool(prefixes): Pool {
      const name = prefixes.map(({ text }) => text).join();
      const pool = pools.get(name) ?? createPool(book, createPlaces(prefixes));
      pools.set(name, pool);
      return pool;
    },
  };
}

interface Book {
  /** Addresses in use, and the reserved ones. */
  readonly taken: Set<string>;
  readonly kept: Kept;
  /** Leases in use by the text of the address. */
  readonly holders: Map<string, Lease>;
  /** Addresses that waited and are nobody's now, by their text: a full pool looks here alone. */
  readonly freed: Map<string, IpAddress>;
  readonly onLease: (lease: Lease) => void;
}

function createPool({ taken, kept, holders, freed, onLease }: Book, places: Places): Pool {
  /** Every address has been given out once. A search through a large pool would hold up all IKE. */
  let isFull = false;

  function take({ identity, wish }: LeaseAsked): IpAddress | undefined {
    const had = kept.of(identity).find(places.has);
    const address = had ?? granted(wish) ?? findFree() ?? oldest();
    if (address === undefined) return undefined;
    kept.remove(address);
    freed.delete(address.text);
    taken.add(address.text);
    holders.set(address.text, { identity, address });
    if (had === undefined) onLease({ identity, address });
    return address;
  }

  function granted(wish: IpAddress | undefined): IpAddress | undefined {
    return wish !== undefined && places.has(wish) && isFree(wish) ? wish : undefined;
  }

  function findFree(): IpAddress | undefined {
    const found = isFull ? undefined : places.find(isFree, taken.size + kept.size());
    isFull = found === undefined;
    if (found !== undefined) return found;
    for (const address of freed.values()) {
      if (places.has(address) && isFree(address)) return address;
    }
    return undefined;
  }

  function isFree(address: IpAddress): boolean {
    return !taken.has(address.text) && !kept.has(address);
  }

  function oldest(): IpAddress | undefined {
    for (const address of kept.values()) if (places.has(address)) return address;
    return undefined;
  }

  function release(address: IpAddress): void {
    const lease = holders.get(address.text);
    if (lease === undefined) return;
    holders.delete(address.text);
    taken.delete(address.text);
    const left = kept.add(lease.identity, address);
    if (left === undefined) return;
    const [oldest] = freed.size < KEPT_MAX ? [] : freed.keys();
    if (oldest !== undefined) freed.delete(oldest);
    freed.set(left.text, left);
  }

  function inUse(): number {
    return [...holders.values()].filter(({ address }) => places.has(address)).length;
  }

  return { take, release, inUse, size: places.size };
}
