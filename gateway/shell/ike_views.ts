// Peers as the API shows them: what the worker has told, with what the SAD and the rows know now.

import type { SaDirection } from "../model/direction.ts";
import type { PeerView } from "../model/peer.ts";
import type { SaView } from "../model/sa_view.ts";
import { spiText } from "../model/spi.ts";
import type { ConnectionRows } from "./connection_rows.ts";
import type { Ike } from "./ike.ts";
import { idsOfPeer, type IkeChild, type IkePeer, saPeerOf } from "./ike_peers.ts";
import type { Sad } from "./sad.ts";

/** What the views are made from. */
export interface PeerViewsOptions {
  readonly ike: Pick<Ike, "peers" | "order"> | undefined;
  readonly rows: Pick<ConnectionRows, "locate" | "show">;
  readonly sad: Pick<Sad, "find" | "idsOf" | "view">;
}

/** Peers, and the way to end one. */
export interface PeerViews {
  views(): PeerView[];
  view(id: number): PeerView | undefined;
  /** False if there is no such peer. */
  end(id: number): boolean;
}

/** Makes them; without IKE inside there is no peer. */
export function createPeerViews(options: PeerViewsOptions): PeerViews {
  const { ike } = options;

  function view(id: number): PeerView | undefined {
    const peer = ike?.peers.peer(id);
    return peer && viewOf(options, peer);
  }

  function end(id: number): boolean {
    if (ike?.peers.peer(id) === undefined) return false;
    ike.order({ kind: "end", ike: id });
    return true;
  }

  return {
    views: () => (ike?.peers.peers() ?? []).map((peer) => viewOf(options, peer)),
    view,
    end,
  };
}

function viewOf(options: PeerViewsOptions, peer: IkePeer): PeerView {
  const { id, policy, identity, keys, path, since, lease, rekeys } = peer;
  const found = options.rows.locate(path);
  const children = [...peer.children.values()];
  const seen = children.flatMap(({ inbound }) =>
    sasAt(options, peer, { direction: "inbound", spi: inbound }).flatMap(({ lastValidAt }) =>
      lastValidAt ?? []
    )
  );
  return {
    id,
    identity,
    policy,
    remote: found === undefined ? null : options.rows.show(found.row).remote,
    transport: "tcp",
    connection: found === undefined ? null : path,
    state: found === undefined ? "away" : "connected",
    role: keys.isInitiator ? "initiator" : "responder",
    since,
    lease: [...lease],
    ike: { suite: keys.suite, spi: `${keys.spiI}_i ${keys.spiR}_r` },
    children: children.map((child) => childOf(options, peer, child)),
    rekeys: { ...rekeys },
    lastSeen: seen.toSorted().at(-1) ?? null,
  };
}

function childOf(
  options: PeerViewsOptions,
  peer: IkePeer,
  { id, suite, local, remote, since, inbound, outbound }: IkeChild,
): PeerView["children"][number] {
  function octets(direction: SaDirection, spi: number | null): number {
    const counts = sasAt(options, peer, { direction, spi }).map((sa) => sa.octets);
    return Number(counts.reduce((sum, count) => sum + count, 0n));
  }

  return {
    id: spiText(id),
    suite,
    local: [...local],
    remote: [...remote],
    octets: { inbound: octets("inbound", inbound), outbound: octets("outbound", outbound) },
    since,
  };
}

/** The SAs of a peer with an SPI: one, or none if it is not there any more. */
function sasAt(
  { sad }: PeerViewsOptions,
  peer: IkePeer,
  { direction, spi }: { readonly direction: SaDirection; readonly spi: number | null },
): SaView[] {
  if (spi === null) return [];
  const ids = idsOfPeer(sad, saPeerOf(peer.id, peer), { direction, spi });
  return ids.map((id) => sad.view(id)).filter((view) => view !== undefined);
}
