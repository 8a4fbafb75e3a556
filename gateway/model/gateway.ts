// A running gateway, as its API and programs that embed it see it. `shell` makes it.

import type { ConnectionView } from "./connection.ts";
import type { GatewayEvent, Subject } from "./event.ts";
import type { GatewayStatus } from "./gateway_status.ts";
import type { PeerView } from "./peer.ts";
import type { Refusal } from "./refusal.ts";
import type { SaSpec } from "./sa_spec.ts";
import type { SaView } from "./sa_view.ts";
import type { Totals } from "./totals.ts";
import type { Unready } from "./unready.ts";

/** `unknown`: there is no such connection; `busy`: its lane has too many orders. */
export type KickOutcome = "told" | "unknown" | "busy";

/** A running gateway. Its answers are those of the moment of each call. */
export interface Gateway {
  status(): GatewayStatus;
  totals(): Totals;
  connections(): readonly ConnectionView[];
  connection(id: number): ConnectionView | undefined;
  /** Tells a connection's lane to close it. */
  kick(id: number): KickOutcome;
  /** Peers whose IKE SA is up in this process. */
  peers(): readonly PeerView[];
  peer(id: number): PeerView | undefined;
  /** Ends a peer's IKE SA with a Delete; false if there is no such peer. */
  endPeer(id: number): boolean;
  sas(): readonly SaView[];
  sa(id: number): SaView | undefined;
  /** Ids of the SAs with this SPI, the oldest first; of inbound ones there is one at most. */
  sasOf(spi: number): readonly number[];
  /** Installs an SA; returns its id. The key is wiped from `spec` either way. */
  installSa(spec: SaSpec): Promise<{ readonly id: number } | Refusal>;
  /** Removes an SA and wipes its key; false if there is none with this id. */
  removeSa(id: number): boolean;
  /**
   * Orders one dummy packet (RFC 4303 §2.6); undefined if its lane has the order. Throws nothing.
   *
   * @param octets Length of the inner packet
   * @returns `unknown` if there is no such SA
   */
  sendDummy(id: number, octets: number): Refusal | "unknown" | undefined;
  /** Starts to drain, as SIGTERM does, without the exit. Idempotent. */
  drain(): void;
  isDraining(): boolean;
  /** What keeps it from serving new clients; empty if it is ready. */
  unready(): readonly Unready[];
  /** Calls `listener` with each event from now on. The result ends that. */
  subscribe(listener: (event: GatewayEvent, subject: Subject) => void): () => void;
}
