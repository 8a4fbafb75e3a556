// The configuration as the rest of the gateway sees it: parsed, checked, and with every default
// filled in.

import type * as z from "zod";
import type { CertificateSettings } from "../ike/certificates/settings.ts";
import type { AuthKind } from "../ike/engine/settings.ts";
import type { Identity } from "../ike/identity/identity.ts";
import type { EspPolicy, IkePolicy } from "../ike/suites/suite.ts";
import type { IpAddress } from "../model/address.ts";
import type { Prefix } from "../model/prefix.ts";
import type { SaSpec } from "../model/sa_spec.ts";
import type { SocketAddress } from "../model/socket_address.ts";
import type { Origin } from "./error.ts";
import type { Written } from "./ike_settings.ts";
import type { SETTINGS } from "./settings.ts";

/** Settings of TCP connections. */
export interface TcpConfig {
  /** Name of a congestion control, or null for the system's. */
  readonly congestion: string | null;
  /** Silence before the first keepalive probe, in seconds; 0 sends none. */
  readonly keepaliveS: number;
}

/** One listener. */
export interface ListenerConfig {
  readonly address: SocketAddress;
  /** For the connections that it accepts. */
  readonly tcp: TcpConfig;
}

/** Where decrypted packets go. */
export type InnerConfig =
  | { readonly kind: "tun"; readonly name: string }
  /** One or two addresses, of different families. */
  | { readonly kind: "echo"; readonly addresses: readonly IpAddress[] };

/** An SA from the file (`--unsafe-static-sas`). */
export interface StaticSa {
  readonly spec: SaSpec;
  /** SHA-256 of `spec.keyMaterial`, which is wiped by the install. Never shown. */
  readonly keyDigest: string;
  /** Where a member stands, or its table if it has no such member. Slow, so only for messages. */
  readonly originOf: (member: string | undefined) => Origin;
}

/** A peer from the file, with settings of its own. */
export interface PeerConfig {
  /** Its identity, or a pattern. */
  readonly id: string;
  /** How it proves who it is, and how this side does. */
  readonly auth: { readonly peer: AuthKind; readonly own: AuthKind };
  /** Null if neither has a secret. */
  readonly pskFile: string | null;
  /** Never shown. Its reader wipes it. */
  readonly psk: Uint8Array | null;
  /** Inner addresses of this side that it may reach; null for all. */
  readonly local: readonly Prefix[] | null;
  /** Inner addresses of its side; null for the address that it is given. */
  readonly remote: readonly Prefix[] | null;
  /** Where its address comes from; null for `--pool`. */
  readonly pool: readonly Prefix[] | null;
  /** Several devices have this identity. */
  readonly isShared: boolean;
}

/** The responder that `connect` dials. */
export interface ConnectTarget {
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** `HOST:PORT` as the user gave it. */
  readonly text: string;
}

/** What `connect` needs to speak IKE itself. */
export interface ClientConfig {
  readonly localId: Identity;
  /** The identity that the server has to prove, or a pattern of such. */
  readonly serverId: string;
  /** The secret of both sides. Never shown. Null if both have certificates. */
  readonly psk: Uint8Array | null;
  /** How each side proves who it is. */
  readonly auth: { readonly own: AuthKind; readonly peer: AuthKind };
  /** This side's certificate, and whom it believes. Its private key is never shown. */
  readonly certificates: CertificateSettings | null;
  /** Inner addresses of the server's side that are wanted; null for all. */
  readonly remote: readonly Prefix[] | null;
  /** The host behind the server that `--check` pings; null if nobody has named one. */
  readonly inner: IpAddress | null;
}

/** Settings whose form here differs from what their schema reads. */
type Reshaped =
  | "listen"
  | "tcpCongestion"
  | "tcpKeepaliveS"
  | "upstream"
  | "upstreamSource"
  | "ikeId"
  | "ikeCert"
  | "ikeKey"
  | "ikeCa"
  | "ikeCrl"
  | "pskFile"
  | "dns"
  | "splitDns"
  | "ikeProposals"
  | "espProposals"
  | "stateDir"
  | "inner"
  | "api"
  | "apiTokenFile"
  | "lanes";

type PlainSettings = Readonly<Omit<z.output<typeof SETTINGS>, Reshaped>>;

/**
 * A checked configuration of `serve` or `connect`. Each setting is as its schema reads it, except
 * for those below. Times are in milliseconds; 0 means off where the setting says so.
 */
export interface GatewayConfig extends PlainSettings {
  /** Empty for `connect`. */
  readonly listen: readonly ListenerConfig[];
  /** Null for `serve`. */
  readonly connect: ConnectTarget | null;
  /** Null where IKE is not this side's to begin: SAs come by the API, or from clients. */
  readonly client: ClientConfig | null;
  /** For `connect`, and for listeners without settings of their own. */
  readonly tcp: TcpConfig;
  readonly upstream: SocketAddress | null;
  readonly upstreamSource: Prefix | null;
  /** Null for the one that the state has, or that is made. */
  readonly ikeId: string | null;
  readonly ikeCert: string | null;
  readonly ikeKey: string | null;
  readonly ikeCa: readonly string[];
  readonly ikeCrl: readonly string[];
  /** What these files hold. Its private key is never shown. Null without them. */
  readonly certificates: CertificateSettings | null;
  readonly pskFile: string | null;
  /** The secret in `pskFile`. Never shown. */
  readonly psk: Uint8Array | null;
  readonly dns: readonly IpAddress[];
  readonly splitDns: readonly string[];
  /** Null for the default. */
  readonly ikeProposals: Written<IkePolicy> | null;
  /** Null for the engine's default. */
  readonly espProposals: Written<EspPolicy> | null;
  /** Null for the usual place. */
  readonly stateDir: string | null;
  readonly peers: readonly PeerConfig[];
  readonly inner: InnerConfig;
  /** Null if the API is off. */
  readonly api: SocketAddress | null;
  readonly apiTokenFile: string | null;
  /** The token in `apiTokenFile`. Never shown. */
  readonly apiToken: string | null;
  /** A number: `auto` is already resolved. */
  readonly lanes: number;
  readonly staticSas: readonly StaticSa[];
}
