// What the rest of the gateway gets to see of its configuration: parsed, checked, with every default filled in.

import type { Prefix, SaSpec } from "../model/types.ts";
import type { IpAddress, SocketAddress } from "../model/address.ts";
import type { Origin } from "./error.ts";

export type { IpAddress, SocketAddress } from "../model/address.ts";

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

/** A checked configuration of `serve` or `connect`. Times are milliseconds, 0 is off where a setting says so. */
export interface GatewayConfig {
  /** None with `connect`. */
  readonly listen: readonly ListenerConfig[];
  /** Null with `serve`. */
  readonly connect: ConnectTarget | null;
  /** Of listeners that say nothing else, and of `connect`. */
  readonly tcp: TcpConfig;
  readonly upstream: SocketAddress | null;
  readonly upstreamSource: Prefix | null;
  readonly inner: InnerConfig;
  readonly innerMtu: number;
  /** Null is off. */
  readonly api: SocketAddress | null;
  readonly apiTokenFile: string | null;
  /** What stands in `apiTokenFile`. Never shown. */
  readonly apiToken: string | null;
  /** `auto` is resolved already. */
  readonly lanes: number;
  readonly engine: "auto" | "wasm" | "native";
  readonly maxConnections: number;
  readonly maxConnectionsPerSource: number;
  readonly prefixTimeoutMs: number;
  readonly frameTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly suspectLimit: number;
  readonly drainTimeoutMs: number;
  readonly logLevel: "debug" | "info" | "warn" | "error";
  readonly logFormat: "text" | "json";
  readonly espAudit: "on" | "off";
  readonly unsafeStaticSas: boolean;
  readonly staticSas: readonly StaticSa[];
}
