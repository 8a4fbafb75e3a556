// A running gateway as its API sees it: tables that are read on demand, and the ways to change it.

import type { Gateway } from "../model/gateway.ts";
import type { GatewayStatus } from "../model/gateway_status.ts";
import type { Offloads } from "../model/offloads.ts";
import type { Totals } from "../model/totals.ts";
import type { ReadyCheck, Unready } from "../model/unready.ts";
import type { ConnectionRows } from "./connection_rows.ts";
import type { Connections } from "./connections.ts";
import type { Drain } from "./drain.ts";
import type { EventHub } from "./events.ts";
import type { Ike } from "./ike.ts";
import { createPeerViews } from "./ike_views.ts";
import type { Orders } from "./orders.ts";
import type { SaChanges } from "./sa_changes.ts";
import type { Sad } from "./sad.ts";

/** The members of the status that do not change. */
export type FixedStatus = Omit<
  GatewayStatus,
  "uptimeSeconds" | "offloads" | "upstream" | "totals" | "draining" | "unready"
>;

export interface GatewayOptions {
  readonly connections: Connections;
  readonly sad: Pick<Sad, "find" | "views" | "view" | "idsOf">;
  readonly changes: SaChanges;
  readonly orders: Orders;
  readonly drain: Drain;
  /** What `/readyz` asks beside the drain, in the order in which reasons are told. */
  readonly checks: readonly ReadyCheck[];
  /** The IKE of this process, if there is one. */
  readonly ike: Pick<Ike, "peers" | "order"> | undefined;
  readonly rows: Pick<ConnectionRows, "locate" | "show">;
  readonly events: Pick<EventHub, "subscribe">;
  readonly readTotals: () => Totals;
  readonly fixed: FixedStatus;
  readonly offloads: () => Offloads;
  /** The daemon as it is seen now; null if there is none. */
  readonly upstream: () => GatewayStatus["upstream"];
  readonly uptimeSeconds: () => number;
}

/** Binds the parts of the shell into the object that the API and the commands use. */
export function createGateway(options: GatewayOptions): Gateway {
  const { sad, changes, connections, orders, events, drain } = options;
  const peers = createPeerViews(options);
  const checks = [() => drain.isDraining() ? DRAINING : undefined, ...options.checks];

  function unready(): readonly Unready[] {
    return checks.flatMap((check) => check() ?? []);
  }

  function status(): GatewayStatus {
    return {
      ...options.fixed,
      uptimeSeconds: options.uptimeSeconds(),
      offloads: options.offloads(),
      upstream: options.upstream(),
      totals: options.readTotals(),
      draining: drain.isDraining(),
      unready: unready().map(({ reason }) => reason),
    };
  }

  return {
    status,
    totals: options.readTotals,
    connections: connections.views,
    connection: connections.view,
    kick: orders.kick,
    peers: peers.views,
    peer: peers.view,
    endPeer: peers.end,
    sas: sad.views,
    sa: sad.view,
    sasOf: sad.idsOf,
    installSa: (spec) => Promise.resolve(changes.install(spec)),
    removeSa: changes.remove,
    sendDummy: orders.sendDummy,
    drain: () => void drain.start(),
    isDraining: drain.isDraining,
    unready,
    subscribe: events.subscribe,
  };
}

const DRAINING: Unready = { reason: "draining", detail: "The gateway is draining" };
