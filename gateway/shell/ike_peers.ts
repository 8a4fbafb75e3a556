// The peers whose IKE SAs are up, as the worker has told of them, and the counts of what became of
// attempts. The worker is the truth; this is what the API, the log and the metrics know of it.

import type {
  EndedAction,
  EstablishedAction,
  InstallAction,
  RekeyedAction,
  RemoveAction,
} from "../ike/engine/actions.ts";
import type { PromiseAction, ShellAction } from "../ike_worker/init.ts";
import type { SaDirection } from "../model/direction.ts";
import { noRefusals } from "../model/ike_refusal.ts";
import type { IkeTotals } from "../model/ike_totals.ts";
import type { Sad } from "./sad.ts";

/** A Child SA. */
export interface IkeChild {
  /** The SPI that this side receives on. */
  readonly id: number;
  readonly suite: string;
  readonly local: readonly string[];
  readonly remote: readonly string[];
  readonly since: string;
  /** The directions that are installed, by their SPIs. */
  inbound: number | null;
  outbound: number | null;
}

/** A peer. */
export interface IkePeer {
  /** The number of its IKE SA, which rekeys keep. */
  readonly id: number;
  /** Name of its policy. */
  readonly policy: string;
  readonly identity: string;
  readonly since: string;
  readonly children: Map<number, IkeChild>;
  keys: EstablishedAction["keys"];
  /** Id of the connection that its last authentic message came by. */
  path: number;
  lease: readonly string[];
  rekeys: { ike: number; child: number };
}

/** The peers of a gateway. */
export interface IkePeers {
  /** Takes in what the worker has told. */
  note(action: ShellAction): void;
  peer(id: number): IkePeer | undefined;
  /** The peer whose SAs have this name; undefined if they are not of IKE. */
  ofSas(saPeer: string): IkePeer | undefined;
  peers(): readonly IkePeer[];
  totals(): IkeTotals;
  /** How many IKE SAs strangers have begun that are not up. */
  noteHalfOpen(count: number): void;
}

/** Makes an empty table. */
export function createIkePeers({ date }: { readonly date: () => Date }): IkePeers {
  const known = new Map<number, IkePeer>();
  const counts = createCounts();

  function note(action: ShellAction): void {
    const peer = "ike" in action ? known.get(action.ike) : undefined;
    switch (action.kind) {
      case "established":
        known.set(action.ike, peerOf(action, date()));
        counts.handshake(action.tookMs / 1000);
        return;
      case "refused":
        counts.failures[action.reason]++;
        return;
      case "ended":
        known.delete(action.ike);
        return;
      case "promise":
      case "forget":
        return;
      default:
        if (peer !== undefined) change(peer, action, date);
        if (action.kind === "rekeyed") counts.rekeys[action.what][action.side]++;
    }
  }

  function totals(): IkeTotals {
    const peers = [...known.values()];
    return {
      sas: { half_open: counts.halfOpen, established: peers.length },
      childSas: peers.reduce((sum, { children }) => sum + children.size, 0),
      leases: peers.reduce((sum, { lease }) => sum + lease.length, 0),
      failures: { ...counts.failures },
      rekeys: { ike: { ...counts.rekeys.ike }, child: { ...counts.rekeys.child } },
      handshakeSeconds: counts.histogram(),
    };
  }

  function ofSas(saPeer: string): IkePeer | undefined {
    const id = Number(saPeer.slice(saPeer.lastIndexOf("#") + 1));
    const peer = known.get(id);
    return saPeerOf(id, peer) === saPeer ? peer : undefined;
  }

  return {
    note,
    totals,
    ofSas,
    peer: (id) => known.get(id),
    peers: () => [...known.values()],
    noteHalfOpen: (count) => void (counts.halfOpen = count),
  };
}

/**
 * The name that pairs the SAs of an IKE SA. Its rekeys keep it, and another IKE SA of the same
 * identity has another one: two devices of a user never share a path.
 */
export function saPeerOf(ike: number, peer: Pick<IkePeer, "policy"> | undefined): string {
  return `${peer?.policy ?? "ike"}#${ike}`;
}

/**
 * Ids of a peer's SAs with an SPI, in one direction. An SPI alone names no SA: each direction and
 * each peer has its own (RFC 4301 §4.1).
 */
export function idsOfPeer(
  sad: Pick<Sad, "find" | "idsOf">,
  saPeer: string,
  { direction, spi }: { readonly direction: SaDirection; readonly spi: number },
): number[] {
  return sad.idsOf(spi).filter((id) => {
    const spec = sad.find(id)?.spec;
    return spec?.direction === direction && spec.peer === saPeer;
  });
}

function peerOf(action: EstablishedAction, date: Date): IkePeer {
  const { ike: id, peer: policy, identity, keys, path } = action;
  const since = date.toISOString();
  const rekeys = { ike: 0, child: 0 };
  return { id, policy, identity, keys, path, since, lease: [], children: new Map(), rekeys };
}

type PeerChange = Exclude<
  ShellAction,
  EstablishedAction | EndedAction | PromiseAction | { kind: "refused" }
>;

function change(peer: IkePeer, action: PeerChange, date: () => Date): void {
  switch (action.kind) {
    case "leased":
    case "configured":
      peer.lease = action.addresses.map(({ text }) => text);
      return;
    case "moved":
      peer.path = action.path;
      return;
    case "rekeyed":
      countRekey(peer, action);
      return;
    case "install":
      addDirection(peer, action, date);
      return;
    case "remove":
      removeDirection(peer, action);
  }
}

function countRekey(peer: IkePeer, { what, keys }: RekeyedAction): void {
  peer.rekeys[what]++;
  if (keys !== null) peer.keys = keys;
}

function addDirection({ children }: IkePeer, action: InstallAction, date: () => Date): void {
  const { child: id, suite, direction, spi } = action;
  const [local, remote] = [action.local, action.remote].map((all) => all.map(({ text }) => text));
  const child = children.get(id) ?? {
    id,
    suite,
    local: local ?? [],
    remote: remote ?? [],
    since: date().toISOString(),
    inbound: null,
    outbound: null,
  };
  child[direction] = spi;
  children.set(id, child);
}

function removeDirection({ children }: IkePeer, { child: id, direction }: RemoveAction): void {
  const child = children.get(id);
  if (child === undefined) return;
  child[direction] = null;
  if (child.inbound === null && child.outbound === null) children.delete(id);
}

interface Counts {
  halfOpen: number;
  readonly failures: Record<keyof IkeTotals["failures"], number>;
  readonly rekeys: { ike: Sides; child: Sides };
  handshake(seconds: number): void;
  histogram(): IkeTotals["handshakeSeconds"];
}

interface Sides {
  here: number;
  peer: number;
}

function createCounts(): Counts {
  const counts = Array.from({ length: HANDSHAKE_BOUNDS.length + 1 }, () => 0);
  let sum = 0;

  function handshake(seconds: number): void {
    const at = HANDSHAKE_BOUNDS.findIndex((bound) => seconds <= bound);
    const bucket = at < 0 ? HANDSHAKE_BOUNDS.length : at;
    counts[bucket] = (counts[bucket] ?? 0) + 1;
    sum += seconds;
  }

  return {
    halfOpen: 0,
    failures: noRefusals(),
    rekeys: { ike: { here: 0, peer: 0 }, child: { here: 0, peer: 0 } },
    handshake,
    histogram: () => ({ bounds: HANDSHAKE_BOUNDS, counts: [...counts], sum }),
  };
}

/** Seconds: a handshake takes two round trips and the work of both sides. */
const HANDSHAKE_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
