// A running gateway, as its API and whoever embeds it see it. `shell` makes it.

import type { ConnectionView } from "./connection.ts";
import type { GatewayEvent } from "./event.ts";
import type { GatewayStatus } from "./gateway_status.ts";
import type { Refusal } from "./refusal.ts";
import type { SaSpec } from "./sa_spec.ts";
import type { SaView } from "./sa_view.ts";
import type { Totals } from "./totals.ts";

/** `unknown`: there is no such connection; `busy`: its lane has too many orders. */
export type KickOutcome = "told" | "unknown" | "busy";

/** A running gateway. What it gives out is of the moment at which it is asked. */
export interface Gateway {
  status(): GatewayStatus;
  totals(): Totals;
  connections(): readonly ConnectionView[];
  connection(id: number): ConnectionView | undefined;
  /** Tells a connection's lane to close it. */
  kick(id: number): KickOutcome;
  sas(): readonly SaView[];
  sa(spi: number): SaView | undefined;
  installSa(spec: SaSpec): Promise<Refusal | undefined>;
  removeSa(spi: number): boolean;
  /** Sends one dummy packet (RFC 4303 §2.6); undefined if done. Throws nothing. */
  sendDummy(spi: number, octets: number): Refusal | "unknown" | undefined;
  /** Starts to drain, as SIGTERM does, without the exit. Idempotent. */
  drain(): void;
  isDraining(): boolean;
  subscribe(listener: (event: GatewayEvent) => void): () => void;
}
