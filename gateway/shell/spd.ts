// The owner of each inner address. The core finds the SA of a packet; this table decides whether a
// policy may stand beside the others at all (RFC 4301 §4.4.1). P15: two clients with the same inner
// address.

import { type AddressRange, overlaps, type Prefix, rangeOf } from "../model/prefix.ts";

/** Remote prefixes of all installed SAs, each with the peer that owns it. */
export interface Spd {
  /** The first prefix of another peer that overlaps one of `remote`, if any. */
  conflict(peer: string, remote: readonly Prefix[]): { peer: string; prefix: Prefix } | undefined;
  /** Records `remote` for `peer`; the same prefix may be recorded several times. */
  add(peer: string, remote: readonly Prefix[]): void;
  /** Takes one earlier `add` back. */
  remove(peer: string, remote: readonly Prefix[]): void;
}

interface Owned {
  readonly peer: string;
  readonly prefix: Prefix;
  readonly range: AddressRange;
  count: number;
}

/**
 * Makes an empty policy table.
 *
 * @param isSameOwner Whether two peers may have the same addresses: an IKE SA takes the place of
 *   another one of its identity before that has ended (RFC 7296 §2.8.3)
 */
export function createSpd(isSameOwner: (one: string, other: string) => boolean = isEqual): Spd {
  const table: Table = {
    owned: new Map(),
    byPrefix: new Map(),
    lengths: { 4: new Map(), 16: new Map() },
  };
  const { owned } = table;

  function conflict(
    peer: string,
    remote: readonly Prefix[],
  ): { peer: string; prefix: Prefix } | undefined {
    for (const prefix of remote) {
      for (const other of overlapping(table, prefix)) {
        if (other.peer === peer || isSameOwner(other.peer, peer)) continue;
        return { peer: other.peer, prefix: other.prefix };
      }
    }
    return undefined;
  }

  function add(peer: string, remote: readonly Prefix[]): void {
    for (const prefix of remote) {
      const key = keyOf(peer, prefix);
      const entry = owned.get(key) ?? { peer, prefix, range: rangeOf(prefix), count: 0 };
      if (entry.count++ === 0) enter(table, key, entry);
    }
  }

  function remove(peer: string, remote: readonly Prefix[]): void {
    for (const prefix of remote) {
      const key = keyOf(peer, prefix);
      const entry = owned.get(key);
      if (entry !== undefined && --entry.count === 0) leave(table, key, entry);
    }
  }

  return { conflict, add, remove };
}

interface Table {
  /** By prefix and peer. */
  readonly owned: Map<string, Owned>;
  /** The same by prefix. */
  readonly byPrefix: Map<string, Set<Owned>>;
  /** How many there are of each length, by the octets of an address. */
  readonly lengths: Readonly<Record<4 | 16, Map<number, number>>>;
}

/**
 * What shares an address with a prefix. Thousands of clients have an address each, so prefixes as
 * short or shorter are looked up, and all are compared only if there are longer ones.
 */
function* overlapping(table: Table, prefix: Prefix): Iterable<Owned> {
  let hasLonger = false;
  for (const bits of lengthsOf(table, prefix).keys()) {
    if (bits > prefix.bits) hasLonger = true;
    else yield* table.byPrefix.get(placeOf(prefix.octets, bits)) ?? [];
  }
  if (!hasLonger) return;
  const range = rangeOf(prefix);
  for (const other of table.owned.values()) {
    if (other.prefix.bits > prefix.bits && overlaps(range, other.range)) yield other;
  }
}

function enter(table: Table, key: string, entry: Owned): void {
  const { octets, bits } = entry.prefix;
  table.owned.set(key, entry);
  const place = placeOf(octets, bits);
  table.byPrefix.set(place, (table.byPrefix.get(place) ?? new Set()).add(entry));
  const lengths = lengthsOf(table, entry.prefix);
  lengths.set(bits, (lengths.get(bits) ?? 0) + 1);
}

function leave(table: Table, key: string, entry: Owned): void {
  const { octets, bits } = entry.prefix;
  table.owned.delete(key);
  const place = placeOf(octets, bits);
  const same = table.byPrefix.get(place);
  same?.delete(entry);
  if (same?.size === 0) table.byPrefix.delete(place);
  const lengths = lengthsOf(table, entry.prefix);
  const left = (lengths.get(bits) ?? 0) - 1;
  if (left === 0) lengths.delete(bits);
  else lengths.set(bits, left);
}

function lengthsOf({ lengths }: Table, { octets }: Prefix): Map<number, number> {
  return lengths[octets.length === 4 ? 4 : 16];
}

/** The key of a prefix: family, length, and the octets without the bits behind its length. */
function placeOf(octets: Uint8Array, bits: number): string {
  const masked = octets.map((octet, at) =>
    octet & (0xff00 >> Math.min(Math.max(bits - 8 * at, 0), 8))
  );
  return `${octets.length} ${bits} ${masked.join(".")}`;
}

function isEqual(one: string, other: string): boolean {
  return one === other;
}

function keyOf(peer: string, prefix: Prefix): string {
  return `${prefix.text} ${peer}`;
}
