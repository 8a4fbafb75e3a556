// What the engine is told at its start, and what it gets from outside.

import type { IpAddress } from "../../model/address.ts";
import type { Prefix } from "../../model/prefix.ts";
import type { CertificateSettings, CertificateTools } from "../certificates/settings.ts";
import type { Identity } from "../identity/identity.ts";
import type { Pool } from "../leases/book.ts";
import type { Cipher, EspPolicy, IkePolicy } from "../suites/suite.ts";
import type { TicketKey, TicketSuite } from "../tickets/ticket.ts";
import type { Aead } from "../wire/sealed.ts";

/** A postquantum preshared key (RFC 8784). */
export interface Ppk {
  /** Its name on the wire: the type octet (RFC 8784 §5.1: 1 opaque, 2 fixed), then the name. */
  readonly id: Uint8Array;
  /** 32 octets or more. The caller keeps it, and wipes it in the end. */
  readonly key: Uint8Array;
  /** Without it there is no IKE SA with this peer. */
  readonly isMandatory: boolean;
}

/** A peer that may come, or to which this side goes. */
export interface PeerPolicy {
  readonly name: string;
  /** Which identities it may have. */
  readonly remoteId: string;
  /**
   * The secret that both sides share; null if neither proves itself by one. The caller keeps it,
   * and wipes it in the end.
   */
  readonly psk: Uint8Array | null;
  /** How each side proves who it is; by the secret without this. */
  readonly auth?: { readonly own: AuthKind; readonly peer: AuthKind };
  /** Left out without one. */
  readonly ppk?: Ppk;
  /** As an initiator: asks for tickets, which come as actions. */
  readonly wantsTickets?: boolean;
  /** Several devices share the identity: a new one does not end the others. */
  readonly isShared: boolean;
  /** Inner addresses of this side that it may reach. */
  readonly local: readonly Prefix[];
  /** Inner addresses of its side; null for the address that it is given. */
  readonly remote: readonly Prefix[] | null;
  /** Where its address comes from; null for the pools of all. */
  readonly pools: Pools | null;
}

/** By a secret, or by a certificate. */
export type AuthKind = "psk" | "cert";

/** Where addresses come from; null for a family without them. */
export interface Pools {
  readonly v4: Pool | null;
  readonly v6: Pool | null;
}

/** Tickets for session resumption (RFC 5723), the responder's side. */
export interface TicketSettings {
  /** The first one seals. The others open what they have sealed before. */
  readonly keys: readonly TicketKey[];
  /** How long a ticket may come, ms; an IKE SA's lifetime bounds it too. */
  readonly lifetimeMs: number;
}

/** A ticket that a responder has given to us, with what we have to know of it (RFC 5723 §5). */
export interface ResumptionTicket {
  readonly octets: Uint8Array;
  /** How long the responder takes it, ms from the time when it came. */
  readonly lifetimeMs: number;
  readonly suite: TicketSuite;
  /** SK_d; the caller wipes it when the ticket has been used or has expired. */
  readonly d: Uint8Array;
  /** Bodies of the ID payloads of the client and of the responder. */
  readonly client: Uint8Array;
  readonly server: Uint8Array;
}

/** Settings of the engine. */
export interface IkeSettings {
  readonly localId: Identity;
  /** Of several that an identity fits, the first counts. Each has a name of its own. */
  readonly peers: readonly PeerPolicy[];
  readonly ike: IkePolicy;
  readonly esp: EspPolicy;
  readonly pools: Pools;
  /** Lifetimes of IKE SAs and Child SAs, ms; they are replaced before. */
  readonly lifetimes: { readonly ike: number; readonly child: number };
  readonly dns: readonly IpAddress[];
  readonly domains: readonly string[];
  /** Most IKE SAs at a time that strangers have begun and that are not up. */
  readonly halfOpenMax: number;
  /**
   * Addresses that somebody has changed on the way are refused if the peer wants that. Left out
   * over TCP, where NO_NATS_ALLOWED means nothing (RFC 9329 §7.1).
   */
  readonly refusesNats?: boolean;
  /** Left out: no tickets are given or taken. */
  readonly tickets?: TicketSettings;
  /** Without it no side proves itself by a certificate. */
  readonly certificates?: CertificateSettings;
}

/** What the engine cannot make itself. */
export interface IkeTools {
  /** Octets from a generator for keys. */
  random(len: number): Uint8Array;
  /** An AEAD with a key and a salt, which it need not copy: the SA wipes them when it ends. */
  aead(cipher: Cipher, keyAndSalt: Uint8Array): Aead;
  /** Time that goes on when the process does not, ms since 1970; left out for the host's. */
  wallMs?(): number;
  /** An SPI for an inbound Child SA: 0x100 or more, that nothing here uses. */
  espSpi(): number;
  /** What certificates need. */
  readonly certificates?: CertificateTools;
}
