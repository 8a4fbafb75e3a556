// New settings for a running engine. Whoever means the same in both is not cut; a peer that is gone
// or has changed loses its IKE SAs, since what it proved and was given holds no longer.

import type { Prefix } from "../../model/prefix.ts";
import { createPeerIndex } from "../identity/peer_index.ts";
import { isSameAuth } from "../keys/auth.ts";
import { type Context, credentialsOf } from "./context.ts";
import type { IkeSa } from "./ike_sa.ts";
import { trustDigest } from "./resumption.ts";
import type { IkeSettings, PeerPolicy, Ppk } from "./settings.ts";

/**
 * Puts settings in the place of the former ones.
 *
 * @returns The IKE SAs that have to end
 */
export function replaceSettings(context: Context, settings: IkeSettings): IkeSa[] {
  const former = new Set(context.settings.peers);
  const isTrustSame = isSameTrust(context.settings, settings);
  const peers = new Map(settings.peers.map((peer) => [peer.name, peer]));
  context.settings = settings;
  context.credentials = credentialsOf(settings, context.tools);
  context.peerOf = createPeerIndex(settings.peers);
  return [...context.sas.values()].filter((sa) => {
    // Where this side began, the peer is of the caller's and not of the settings.
    if (sa.peer === null || !former.has(sa.peer)) return false;
    const next = peers.get(sa.peer.name);
    if (next === undefined || !isSame(sa.peer, next) || !isBelieved(context, sa, isTrustSame)) {
      return true;
    }
    sa.peer = next;
    return false;
  });
}

/**
 * Whether a peer's certificate still holds: it may be revoked, or its CA no longer trusted. After a
 * resumption there is none to look at, so nothing may have changed.
 */
function isBelieved(
  { credentials }: Context,
  { peer, proven: { certificates } }: IkeSa,
  isTrustSame: boolean,
): boolean {
  if (peer?.auth?.peer !== "cert") return true;
  if (certificates.length === 0) return isTrustSame;
  return credentials !== null && "certificate" in credentials.judge(certificates, null);
}

function isSameTrust({ certificates: before }: IkeSettings, after: IkeSettings): boolean {
  const { certificates } = after;
  if (before === undefined || certificates === undefined) return before === certificates;
  return isSameAuth(trustDigest(before), trustDigest(certificates));
}

function isSame(before: PeerPolicy, after: PeerPolicy): boolean {
  return before.remoteId === after.remoteId && before.isShared === after.isShared &&
    before.pools?.v4 === after.pools?.v4 && before.pools?.v6 === after.pools?.v6 &&
    isSameProof(before, after) && isSamePpk(before.ppk, after.ppk) &&
    textOf(before.local) === textOf(after.local) &&
    textOf(before.remote) === textOf(after.remote);
}

function isSamePpk(before: Ppk | undefined, after: Ppk | undefined): boolean {
  if (before === undefined || after === undefined) return before === after;
  return before.isMandatory === after.isMandatory && isSameAuth(before.id, after.id) &&
    isSameAuth(before.key, after.key);
}

function isSameProof(before: PeerPolicy, after: PeerPolicy): boolean {
  const isSameSecret = before.psk === null || after.psk === null
    ? before.psk === after.psk
    : isSameAuth(before.psk, after.psk);
  return isSameSecret && before.auth?.own === after.auth?.own &&
    before.auth?.peer === after.auth?.peer;
}

/** Prefixes as text, whatever their order; null is unlike any. */
function textOf(prefixes: readonly Prefix[] | null): string {
  return prefixes === null ? "null" : prefixes.map(({ text }) => text).toSorted().join();
}
