// Peers as the API shows them: what the worker has told, with what the SAD and the rows know now.

import type { PeerView } from "../model/peer.ts";
import type { SaView } from "../model/sa_view.ts";
import { spiText } from "../model/spi.ts";
import type { ConnectionRows } from "./connection_rows.ts";
import type { Ike } from "./ike.ts";
import { type IkeChild, type IkePeer, saPeerOf } from "./ike_peers.ts";
import type { Sad } from "./sad.ts";

/** What the views are made from. */
export interface PeerViewsOptions {
  readonly ike: Pick<Ike, "peers" | "order"> | undefined;
  readonly rows: Pick<ConnectionRows, "locate" | "show">;
  readonly sad: Pick<Sad, "view">;
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
  const seen = children.flatMap(({ inbound }) => saAt(options, peer, inbound)?.lastValidAt ?? []);
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
  const octets = (spi: number | null): number => Number(saAt(options, peer, spi)?.octets ?? 0n);
  return {
    id: spiText(id),
    suite,
    local: [...local],
    remote: [...remote],
    octets: { inbound: octets(inbound), outbound: octets(outbound) },
    since,
  };
}

/** An SA of a peer; undefined if there is none, or if it is another peer's. */
function saAt({ sad }: PeerViewsOptions, peer: IkePeer, spi: number | null): SaView | undefined {
  const sa = spi === null ? undefined : sad.view(spi);
  return sa?.peer === saPeerOf(peer.id, peer) ? sa : undefined;
}
