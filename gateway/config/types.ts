// What the rest of the gateway gets to see of its configuration: parsed, checked, with every
// default filled in.

import type * as z from "zod";
import type { IpAddress } from "../model/address.ts";
import type { Prefix } from "../model/prefix.ts";
import type { SaSpec } from "../model/sa_spec.ts";
import type { SocketAddress } from "../model/socket_address.ts";
import type { Origin } from "./error.ts";
import type { SETTINGS } from "./settings.ts";

/** What TCP connections are set to. */
export interface TcpConfig {
  /** Name of a congestion control; null is the system's. */
  readonly congestion: string | null;
  /** Silence before the first keepalive probe, in seconds; 0 sends none. */
  readonly keepaliveS: number;
}

/** One listener. */
export interface ListenerConfig {
  readonly address: SocketAddress;
  /** Of the connections that it accepts. */
  readonly tcp: TcpConfig;
}

/** Where decrypted packets go. */
export type InnerConfig =
  | { readonly kind: "tun"; readonly name: string }
  /** One address a family, one or two in all. */
  | { readonly kind: "echo"; readonly addresses: readonly IpAddress[] };

/** An SA of the file (`--unsafe-static-sas`). */
export interface StaticSa {
  readonly spec: SaSpec;
  /** SHA-256 of `spec.keyMaterial`, which does not outlive the install. Never shown. */
  readonly keyDigest: string;
  /** Where a member stands, or the table if it has none of that name. Costly: for messages. */
  readonly originOf: (member: string | undefined) => Origin;
}

/** The responder that `connect` dials. */
export interface ConnectTarget {
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** `HOST:PORT` as it was given. */
  readonly text: string;
}

/** Settings that the configuration has in another form than a user gives them. */
type Reshaped =
  | "listen"
  | "tcpCongestion"
  | "tcpKeepaliveS"
  | "upstream"
  | "upstreamSource"
  | "inner"
  | "api"
  | "apiTokenFile"
  | "lanes";

type PlainSettings = Readonly<Omit<z.output<typeof SETTINGS>, Reshaped>>;

/**
 * A checked configuration of `serve` or `connect`: each setting as its schema reads it, but for
 * these. Times are milliseconds, 0 is off where a setting says so.
 */
export interface GatewayConfig extends PlainSettings {
  /** None with `connect`. */
  readonly listen: readonly ListenerConfig[];
  /** Null with `serve`. */
  readonly connect: ConnectTarget | null;
  /** Of listeners that say nothing else, and of `connect`. */
  readonly tcp: TcpConfig;
  readonly upstream: SocketAddress | null;
  readonly upstreamSource: Prefix | null;
  readonly inner: InnerConfig;
  /** Null is off. */
  readonly api: SocketAddress | null;
  readonly apiTokenFile: string | null;
  /** What stands in `apiTokenFile`. Never shown. */
  readonly apiToken: string | null;
  /** `auto` is resolved already. */
  readonly lanes: number;
  readonly staticSas: readonly StaticSa[];
}
