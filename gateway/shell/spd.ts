// Which peer owns which inner addresses. The core finds the SA of a packet; here it is decided whether a policy may stand
// beside the others at all (RFC 4301 §4.4.1; protocol.md P15: two clients with the same inner address).

import type { Prefix } from "../model/prefix.ts";

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
  count: number;
}

/** Makes an empty policy table. */
export function createSpd(): Spd {
  const owned = new Map<string, Owned>();

  function conflict(
    peer: string,
    remote: readonly Prefix[],
  ): { peer: string; prefix: Prefix } | undefined {
    for (const other of owned.values()) {
      if (other.peer === peer) continue;
      if (remote.some((prefix) => overlaps(prefix, other.prefix))) {
        return { peer: other.peer, prefix: other.prefix };
      }
    }
    return undefined;
  }

  function add(peer: string, remote: readonly Prefix[]): void {
    for (const prefix of remote) {
      const key = keyOf(peer, prefix);
      const entry = owned.get(key) ?? { peer, prefix, count: 0 };
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

function keyOf(peer: string, prefix: Prefix): string {
  return `${prefix.text} ${peer}`;
}

/** Whether two prefixes share an address. Host bits are zero, so the shorter one decides. */
export function overlaps(a: Prefix, b: Prefix): boolean {
  if (a.octets.length !== b.octets.length) return false;
  const bits = Math.min(a.bits, b.bits);
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (a.octets[i] !== b.octets[i]) return false;
  const rest = bits & 7;
  if (rest === 0) return true;
  const mask = 0xff00 >> rest & 0xff;
  return ((a.octets[whole] ?? 0) & mask) === ((b.octets[whole] ?? 0) & mask);
}
