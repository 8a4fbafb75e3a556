// Peers' names and their numbers in the core.

/** A number is free again when the last SA of its peer is gone. */
export interface Peers {
  /** Number of the peer, 1 and up; counts one SA more. */
  take(name: string): number;
  /** Counts one SA less; true if that was the last, and the number is free. */
  release(name: string): boolean;
  /** 0 if there is no such peer. */
  numberOf(name: string): number;
  /** Numbers of all peers that have an SA. */
  numbers(): Iterable<number>;
}

/** Makes an empty table. */
export function createPeers(): Peers {
  const known = new Map<string, { number: number; sas: number }>();
  const free: number[] = [];
  let next = 1;

  function take(name: string): number {
    const peer = known.get(name) ?? { number: free.pop() ?? next++, sas: 0 };
    peer.sas++;
    known.set(name, peer);
    return peer.number;
  }

  function release(name: string): boolean {
    const peer = known.get(name);
    if (peer === undefined) return false;
    peer.sas--;
    if (peer.sas > 0) return false;
    known.delete(name);
    free.push(peer.number);
    return true;
  }

  return {
    take,
    release,
    numberOf: (name) => known.get(name)?.number ?? 0,
    numbers: () => [...known.values()].map(({ number }) => number),
  };
}
