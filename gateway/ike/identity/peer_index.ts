// Finds the peer that an identity belongs to among many. Most have an identity of their own, which
// one look-up finds.

import { type Identity, identityKey, matchesPattern, parseIdentity } from "./identity.ts";

/** Whose identities these are: one, or all that a pattern names. */
export interface Named {
  /** An identity or a pattern without a problem (`patternProblem`). */
  readonly remoteId: string;
}

/** Makes the look-up: the first of `peers` that has an identity, or undefined. */
export function createPeerIndex<Peer extends Named>(
  peers: readonly Peer[],
): (identity: Identity) => Peer | undefined {
  const exact = new Map<string, Placed<Peer>>();
  const patterns: Placed<Peer>[] = [];
  peers.forEach((peer, place) => {
    const parsed = parseIdentity(peer.remoteId);
    // A pattern begins with a sign that no identity begins with.
    if ("problem" in parsed) return void patterns.push({ peer, place });
    const key = identityKey(parsed.value);
    if (!exact.has(key)) exact.set(key, { peer, place });
  });
  return (identity) => {
    const own = exact.get(identityKey(identity));
    const limit = own?.place ?? Infinity;
    const earlier = patterns.find(({ peer, place }) =>
      place < limit && matchesPattern(peer.remoteId, identity)
    );
    return (earlier ?? own)?.peer;
  };
}

interface Placed<Peer> {
  readonly peer: Peer;
  readonly place: number;
}
