// What the engine wants done, in the order of the list, and what it tells.

import type { IpAddress } from "../../model/address.ts";
import type { AeadName } from "../../model/aead.ts";
import type { IkeRefusal } from "../../model/ike_refusal.ts";
import type { SaDirection } from "../../model/direction.ts";
import type { Prefix } from "../../model/prefix.ts";
import type { SocketAddress } from "../../model/socket_address.ts";
import type { ResumptionTicket } from "./settings.ts";

/** A way to a peer: a connection, under a number of the caller's. */
export interface Path {
  readonly id: number;
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
}

/** One thing to do or to tell. */
export type IkeAction =
  | SendAction
  | InstallAction
  | RemoveAction
  | ScoreAction
  | EstablishedAction
  | LeasedAction
  | MovedAction
  | RekeyedAction
  | ConfiguredAction
  | TicketAction
  | EndedAction
  | RefusedAction;

/** Send a message by a path. The octets are the caller's. */
export interface SendAction {
  readonly kind: "send";
  readonly path: number;
  /** From the header on, without the Non-ESP Marker. */
  readonly octets: Uint8Array;
}

/** Install one direction of a Child SA. */
export interface InstallAction {
  readonly kind: "install";
  readonly direction: SaDirection;
  /** The receiver's SPI. */
  readonly spi: number;
  /** The Child SA: the SPI that this side receives on. */
  readonly child: number;
  /** The IKE SA that it belongs to, in the engine's numbers. */
  readonly ike: number;
  readonly aead: AeadName;
  /** All algorithms, in the notation of proposals. */
  readonly suite: string;
  /** Key, then salt; the caller wipes it. */
  readonly keyMaterial: Uint8Array;
  readonly local: readonly Prefix[];
  readonly remote: readonly Prefix[];
  readonly esn: boolean;
}

/** Remove one direction of a Child SA, and wipe its key. */
export interface RemoveAction {
  readonly kind: "remove";
  readonly direction: SaDirection;
  readonly spi: number;
  readonly child: number;
  readonly ike: number;
}

/** Octets that no honest peer sends have come by a path (rule T70). */
export interface ScoreAction {
  readonly kind: "score";
  readonly path: number;
}

/** An IKE SA is up, and its peer is known. */
export interface EstablishedAction {
  readonly kind: "established";
  readonly ike: number;
  readonly peer: string;
  /** The peer's identity as text. */
  readonly identity: string;
  readonly path: number;
  readonly keys: IkeSaKeys;
  /** Whether it goes on from an earlier one, by a ticket (RFC 5723). */
  readonly isResumed: boolean;
  /** From its first message to now, ms. */
  readonly tookMs: number;
}

/** What tells an IKE SA apart from the ones before and after it. */
export interface IkeSaKeys {
  /** Whether this side sent its first message. */
  readonly isInitiator: boolean;
  /** Both SPIs, in hex. */
  readonly spiI: string;
  readonly spiR: string;
  /** Its algorithms, in the notation of proposals. */
  readonly suite: string;
}

/** The peer has inner addresses of a pool here. */
export interface LeasedAction {
  readonly kind: "leased";
  readonly ike: number;
  readonly addresses: readonly IpAddress[];
}

/** The peer goes on by another connection. */
export interface MovedAction {
  readonly kind: "moved";
  readonly ike: number;
  readonly path: number;
}

/** An IKE SA or a Child SA has a successor. */
export interface RekeyedAction {
  readonly kind: "rekeyed";
  readonly ike: number;
  readonly what: "ike" | "child";
  /** Who has begun the rekey. */
  readonly side: "here" | "peer";
  /** The keys of a new IKE SA; null for a Child SA. */
  readonly keys: IkeSaKeys | null;
}

/** The responder has given us inner addresses. */
export interface ConfiguredAction {
  readonly kind: "configured";
  readonly ike: number;
  readonly addresses: readonly IpAddress[];
  /** Name servers behind it, and the domains whose names they know; without any, all names. */
  readonly dns: readonly IpAddress[];
  readonly domains: readonly string[];
}

/** The responder has given us a ticket. It takes the place of the one before. */
export interface TicketAction {
  readonly kind: "ticket";
  readonly ike: number;
  readonly peer: string;
  /** The caller's. It serves once: hand it in as the target's, and forget it. */
  readonly ticket: ResumptionTicket;
}

/** An IKE SA is gone, with all of its Child SAs. */
export interface EndedAction {
  readonly kind: "ended";
  readonly ike: number;
  readonly reason: EndReason;
}

/** An attempt has failed before an IKE SA was up, or a Child SA was refused. */
export interface RefusedAction {
  readonly kind: "refused";
  readonly path: number;
  readonly reason: IkeRefusal;
  /** The type of the peer's Notify, if that refused it. */
  readonly notify?: number;
  /** For the log: which proposals or identities did not meet. */
  readonly detail: string;
}

/** Why an IKE SA ended. A label of metrics. */
export type EndReason =
  | "deleted_here"
  | "deleted_by_peer"
  | "malformed"
  | "no_answer"
  | "peer_gone"
  | "replaced";
