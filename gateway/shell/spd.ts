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
  const owned = new Map<string, Owned>();

  function conflict(
    peer: string,
    remote: readonly Prefix[],
  ): { peer: string; prefix: Prefix } | undefined {
    const ranges = remote.map(rangeOf);
    for (const other of owned.values()) {
      if (other.peer === peer || isSameOwner(other.peer, peer)) continue;
      if (ranges.some((range) => overlaps(range, other.range))) {
        return { peer: other.peer, prefix: other.prefix };
      }
    }
    return undefined;
  }

  function add(peer: string, remote: readonly Prefix[]): void {
    for (const prefix of remote) {
      const key = keyOf(peer, prefix);
      const entry = owned.get(key) ?? { peer, prefix, range: rangeOf(prefix), count: 0 };
      entry.count++;
      owned.set(key, entry);
    }
  }

  function remove(peer: string, remote: readonly Prefix[]): void {
    for (const prefix of remote) {
      const key = keyOf(peer, prefix);
      const entry = owned.get(key);
      if (entry === undefined) continue;
      entry.count--;
      if (entry.count === 0) owned.delete(key);
    }
  }

  return { conflict, add, remove };
}

function isEqual(one: string, other: string): boolean {
  return one === other;
}

function keyOf(peer: string, prefix: Prefix): string {
  return `${prefix.text} ${peer}`;
}
