// Peers: their names, and the numbers that the core knows them by.

/** Numbers of peers. A number is free again when the last SA of its peer is gone. */
export interface Peers {
  /** Counts one SA more; returns the number of the peer, 1 and up. */
  take(name: string): number;
  /** Counts one SA less; true if that was the last one, so that the number is free. */
  release(name: string): boolean;
  /** Number of the peer; 0 if it has no SA. */
  numberOf(name: string): number;
  /** Numbers of all peers that have an SA. */
  numbers(): Iterable<number>;
}

/** Makes a table without peers. */
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
