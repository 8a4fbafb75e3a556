// A running gateway as the API sees it: tables read when asked, orders to the lanes, SAs with their routes.

import type { GatewayEvent } from "../model/event.ts";
import type { Gateway } from "../model/gateway.ts";
import type { GatewayStatus } from "../model/gateway_status.ts";
import type { Refusal } from "../model/refusal.ts";
import type { SaSpec } from "../model/sa_spec.ts";
import { spiText } from "../model/spi.ts";
import type { Totals } from "../model/totals.ts";
import type { Connections } from "./connections.ts";
import type { EventHub } from "./events.ts";
import type { Lanes } from "./lanes.ts";
import type { Orders } from "./orders.ts";
import type { Routes } from "./routes.ts";
import type { Sad } from "./sad.ts";

export interface GatewayOptions {
  readonly sad: Sad;
  readonly lanes: Lanes;
  readonly orders: Orders;
  readonly connections: Connections;
  readonly routes: Routes;
  readonly events: EventHub;
  readonly readTotals: () => Totals;
  /** The members of the status that do not change. */
  readonly fixed: Omit<GatewayStatus, "uptimeSeconds" | "totals" | "draining">;
  readonly uptimeSeconds: () => number;
}

/** Binds the parts of the shell into what its API and its commands use. */
export function createGateway(options: GatewayOptions): Gateway {
  const { sad, lanes, connections, orders, events } = options;
  let isDraining = false;

  function status(): GatewayStatus {
    return {
      ...options.fixed,
      uptimeSeconds: options.uptimeSeconds(),
      totals: options.readTotals(),
      draining: isDraining,
    };
  }

  function drain(): void {
    if (isDraining) return;
    isDraining = true;
    events.tell("draining", {});
    lanes.drain();
  }

  return {
    status,
    totals: options.readTotals,
    connections: connections.views,
    connection: connections.view,
    kick: orders.kick,
    sas: sad.views,
    sa: sad.view,
    installSa: (spec) => Promise.resolve(installSa(options, spec)),
    removeSa: (spi) => removeSa(options, spi),
    sendDummy: orders.sendDummy,
    drain,
    isDraining: () => isDraining,
    subscribe: events.subscribe,
  };
}

function installSa({ sad, routes, events }: GatewayOptions, spec: SaSpec): Refusal | undefined {
  const refusal = sad.install(spec);
  if (refusal !== undefined) return refusal;
  if (spec.direction === "outbound") routes.add(spec.remote);
  events.tell("sa_installed", saFields(spec));
  return undefined;
}

function removeSa({ sad, routes, events }: GatewayOptions, spi: number): boolean {
  const entry = sad.remove(spi);
  if (entry === undefined) return false;
  if (entry.spec.direction === "outbound") routes.remove(entry.spec.remote);
  events.tell("sa_removed", saFields(entry.spec));
  return true;
}

function saFields(
  { spi, direction, peer }: Pick<SaSpec, "spi" | "direction" | "peer">,
): GatewayEvent["fields"] {
  return { spi: spiText(spi), direction, peer };
}
