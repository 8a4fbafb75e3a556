// Declares every setting of `serve` once: how its text is read, its default, and its words in
// `--help` and docs/operate/configuration.md. Flags, environment and file go through the same
// schemas. SAs, from the file or the API, go through `SA_SPEC` of the model.

import * as z from "zod";
import { CONNECTIONS_MAX, INNER_MTU_MAX, LANES_MAX } from "../../ts-bindings/layout.ts";
import { type IpAddress, isLoopback, isUnicast, parseAddress, unmapped } from "../model/address.ts";
import { LOG_LEVELS } from "../model/log_level.ts";
import { LOG_FORMATS } from "../model/log_line.ts";
import { parsePrefix, type Prefix } from "../model/prefix.ts";
import { parseSocketAddress, type SocketAddress } from "../model/socket_address.ts";
import type { ParsedText } from "../model/text_codec.ts";
import { IKE_SETTINGS } from "./ike_settings.ts";
import {
  documented,
  parsed,
  repeatable,
  type SettingDoc,
  settingDocs,
  text,
} from "./setting_schemas.ts";
import { autoOrWhole, oneOf, onOrOff, trueOrFalse, whole } from "./setting_values.ts";

/** One value of `--inner`. */
export type InnerChoice =
  | { readonly kind: "tun"; readonly name: string }
  | { readonly kind: "echo"; readonly address: IpAddress };

/** One listener, with the settings of its own that it has. */
export interface ListenChoice {
  readonly address: SocketAddress;
  readonly congestion: string | undefined;
  readonly keepaliveS: number | undefined;
}

/** The longest timeout that `epoll_wait` takes, in ms: about 24 days. */
const MS_MAX = 2_147_483_647;

/** The longest TCP_KEEPIDLE that Linux accepts, in seconds. */
const KEEPALIVE_S_MAX = 32_767;

/** The largest mark that fits ten digits and the kernel's 32 bits alike. */
const MARK_MAX = 2_147_483_647;

/** All rules have to stand before that of `main`, which has priority 32766. */
const ROUTE_PRIORITY_MAX = 31_766;

/**
 * The settings, in the order of the help. The names here are camelCase; {@link flagOf} and the
 * functions after it give the other spellings.
 */
export const SETTINGS = z.object({
  listen: documented(listeners(), {
    value: "ADDR:PORT",
    fallback: "127.0.0.1:4500",
    isRepeatable: true,
    help: "TCP listener; port 0 picks a free one",
  }),
  tcpCongestion: documented(congestionName(), {
    value: "NAME",
    unset: "the system's",
    help: "TCP congestion control of the connections, such as bbr",
  }),
  tcpKeepaliveS: documented(whole(0, KEEPALIVE_S_MAX), {
    value: "N",
    fallback: "120",
    help: "seconds of silence before the system probes a connection's peer; it gives up after as " +
      "many seconds more without an answer; 0 is off; from half of a limit of connections on, " +
      "silent peers are probed all the same",
  }),
  upstream: documented(parsed(upstreamAddress), {
    value: "ADDR:PORT",
    help:
      "UDP address of an IKE daemon's NAT-traversal port; receives IKE, and ESP packets whose " +
      "SPI is not installed here",
  }),
  upstreamSource: documented(parsed(loopbackPrefix), {
    value: "ADDR/LEN",
    help: "IPv4 loopback prefix of 8 to 30 bits; gives each client address (IPv6: each /64) an " +
      "upstream source address, chosen by a hash, so that two clients may share one",
  }),
  ...IKE_SETTINGS,
  inner: documented(repeatable(parsed(innerChoice)), {
    value: "tun:NAME|echo:ADDR",
    fallback: "echo:10.93.29.1",
    isRepeatable: true,
    help:
      "where decrypted packets go: a TUN device, or a built-in host that answers echo requests, " +
      "given once for IPv4 and once for IPv6",
  }),
  innerMtu: documented(whole(576, INNER_MTU_MAX), {
    value: "N",
    fallback: "1400",
    help: "largest inner packet in octets",
  }),
  tunTcpOffload: documented(onOrOff(), {
    value: "on|off",
    fallback: "on",
    help: "exchange TCP with the TUN device in packets of many segments, where the kernel does",
  }),
  tunUdpOffload: documented(onOrOff(), {
    value: "on|off",
    fallback: "on",
    help: "exchange UDP with the TUN device in packets of many datagrams, where the kernel does",
  }),
  upstreamUdpSegment: documented(onOrOff(), {
    value: "on|off",
    fallback: "on",
    help: "send runs of relayed ESP upstream in one call, for the kernel to cut (UDP_SEGMENT)",
  }),
  upstreamUdpGro: documented(onOrOff(), {
    value: "on|off",
    fallback: "on",
    help: "let the kernel join datagrams from upstream (UDP_GRO)",
  }),
  routeMark: documented(whole(1, MARK_MAX), {
    value: "N",
    fallback: "9329",
    help: "mark (fwmark) of the gateway's own sockets, which keeps them outside of the TUN",
  }),
  routePriority: documented(whole(1, ROUTE_PRIORITY_MAX), {
    value: "N",
    fallback: "9000",
    help: "first of the 1000 priorities that the gateway's routing rules may have",
  }),
  api: documented(parsed(apiAddress), {
    value: "ADDR:PORT|off",
    fallback: "127.0.0.1:9329",
    help: "HTTP API, metrics and dashboard; port 0 picks a free one",
  }),
  apiTokenFile: documented(text(), {
    value: "FILE",
    help: "file with the bearer token of the API; required when --api is not a loopback address",
  }),
  lanes: documented(autoOrWhole(1, LANES_MAX), {
    value: "N|auto",
    fallback: "1",
    help: "data-plane threads; auto means one per core",
  }),
  engine: documented(oneOf(["auto", "wasm", "native"]), {
    value: "auto|wasm|native",
    fallback: "auto",
    help: "where the AEAD runs: the WASM core, the native library, or with auto the faster one",
  }),
  maxConnections: documented(whole(1, CONNECTIONS_MAX), {
    value: "N",
    fallback: "10000",
    help: "most connections at a time; further ones are accepted, closed at once, and counted",
  }),
  maxConnectionsPerSource: documented(whole(1, CONNECTIONS_MAX), {
    value: "N",
    fallback: "64",
    help: "most connections at a time from one address (IPv6: one /64)",
  }),
  prefixTimeoutMs: documented(whole(1, MS_MAX), {
    value: "N",
    fallback: "5000",
    help:
      "longest time in ms from accept to the stream prefix and a first message that is passed on " +
      "or authenticates",
  }),
  frameTimeoutMs: documented(whole(1, MS_MAX), {
    value: "N",
    fallback: "30000",
    help:
      "longest time in ms for one frame to be completed, in either direction, and for the daemon " +
      "to take an IKE message",
  }),
  idleTimeoutMs: documented(whole(0, MS_MAX), {
    value: "N",
    fallback: "0",
    help:
      "longest time in ms without an authenticated packet or a datagram from upstream; 0 is off",
  }),
  unauthenticatedTimeoutMs: documented(whole(0, MS_MAX), {
    value: "N",
    fallback: "120000",
    help: "longest time in ms from accept to the first word that proves a key: ESP that is " +
      "authentic, or of the daemon, or the daemon's encrypted IKE after IKE_AUTH; thirty times " +
      "that if an answer of IKE_AUTH makes a key likely; 0 is off",
  }),
  suspectLimit: documented(whole(1, 1_000_000), {
    value: "N",
    fallback: "64",
    help: "corruption score at which a connection is closed",
  }),
  drainTimeoutMs: documented(whole(0, MS_MAX), {
    value: "N",
    fallback: "5000",
    help:
      "longest time in ms for queued frames to leave on SIGTERM; connections left are then reset",
  }),
  logLevel: documented(oneOf(LOG_LEVELS), {
    value: "debug|info|warn|error",
    fallback: "info",
    help: "lowest level that is logged; the audit log of the API is written at every level",
  }),
  logFormat: documented(oneOf(LOG_FORMATS), {
    value: "text|json",
    fallback: "text",
    help: "format of the log and of the listening line",
  }),
  espAudit: documented(onOrOff(), {
    value: "on|off",
    fallback: "on",
    help: "report dropped ESP packets (RFC 4303 §4) in the log and the events; they are counted " +
      "either way",
  }),
  unsafeStaticSas: documented(trueOrFalse(), {
    value: undefined,
    fallback: "false",
    help: "read SAs with fixed keys from the file's [[sa]] tables; for tests only, because keys " +
      "that come back after a restart let old packets in and wear out",
  }),
});

/** The settings of one source, which may have any of them. */
export const SOME_SETTINGS = SETTINGS.partial();

export type Settings = z.output<typeof SOME_SETTINGS>;
export type SettingName = keyof typeof SETTINGS.shape;

/** All settings, in order. */
export const SETTING_NAMES: readonly SettingName[] = SETTINGS.keyof().options;

/** The documents' words on a setting. */
export function docOf(name: SettingName): SettingDoc {
  const doc = settingDocs.get(SETTINGS.shape[name]);
  if (doc === undefined) throw new TypeError(`Cannot document setting "${name}": no entry`);
  return doc;
}

/** The flag of a setting: `maxConnections` is `max-connections`. */
export function flagOf(name: SettingName): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The key of a setting in a file: `maxConnections` is `max_connections`. */
export function fileKeyOf(name: SettingName): string {
  return flagOf(name).replaceAll("-", "_");
}

/** The environment variable of a setting: `maxConnections` is `CULVERT_MAX_CONNECTIONS`. */
export function variableOf(name: SettingName): string {
  return `CULVERT_${fileKeyOf(name).toUpperCase()}`;
}

/**
 * Like `repeatable`. In a file, an element may also be a table: a listener with its own settings.
 */
function listeners(): z.ZodType<readonly ListenChoice[]> {
  const error = "must be a non-empty array of addresses, or of tables with an address";
  const table = z.strictObject({
    address: parsed(listenAddress),
    "tcp_congestion": congestionName().optional(),
    "tcp_keepalive_s": whole(0, KEEPALIVE_S_MAX).optional(),
  }, { error: ({ code }) => code === "invalid_type" ? error : undefined });
  const element = z.preprocess(
    (value) => typeof value === "string" ? { address: value } : value,
    table.transform((own) => ({
      address: own.address,
      congestion: own["tcp_congestion"],
      keepaliveS: own["tcp_keepalive_s"],
    })),
  );
  return z.preprocess(
    (value) => typeof value === "string" ? [value] : value,
    z.array(element, { error }).min(1, { error }),
  );
}

/**
 * A name that fits TCP_CONGESTION (TCP_CA_NAME_MAX). Whether the kernel has a congestion control of
 * that name shows at the start.
 */
function congestionName(): z.ZodType<string> {
  const error = "must be the name of a congestion control, such as cubic or bbr";
  return z.string({ error }).regex(/^[\w-]{1,15}$/, { error });
}

/** Most bits that an `--upstream-source` may have. */
const SOURCE_BITS_MAX = 30;
const SOCKET_ADDRESS_PROBLEM = "must be ADDR:PORT, such as 127.0.0.1:4500 or [::1]:4500";

function listenAddress(input: string): ParsedText<SocketAddress> {
  const value = parseSocketAddress(input);
  return value === undefined ? { problem: SOCKET_ADDRESS_PROBLEM } : { value };
}

function upstreamAddress(input: string): ParsedText<SocketAddress> {
  const value = parseSocketAddress(input);
  if (value === undefined) return { problem: SOCKET_ADDRESS_PROBLEM };
  if (value.port === 0 || !isUnicast(value)) {
    return { problem: "must be the address and port of one host" };
  }
  return { value };
}

function apiAddress(input: string): ParsedText<SocketAddress | "off"> {
  return input === "off" ? { value: input } : listenAddress(input);
}

function loopbackPrefix(input: string): ParsedText<Prefix> {
  const parsed = parsePrefix(input);
  if ("problem" in parsed) return parsed;
  const prefix = parsed.value;
  // IPv6 has only one loopback address, ::1. A /31 holds only a network address and a broadcast
  // address.
  const isWide = prefix.bits >= 8 && prefix.bits <= SOURCE_BITS_MAX;
  if (prefix.octets.length === 4 && isWide && isLoopback(prefix)) return { value: prefix };
  return { problem: "must be an IPv4 loopback prefix of 8 to 30 bits, such as 127.16.0.0/12" };
}

function innerChoice(input: string): ParsedText<InnerChoice> {
  if (input.startsWith("tun:")) {
    const name = input.slice(4);
    // Linux takes at most 15 octets. For a "%" the kernel would choose a number, and so another
    // device at each start.
    if (!/^[\w.-]{1,15}$/.test(name) || name === "." || name === "..") {
      return { problem: "must name a device after tun:, 1 to 15 of letters, digits, and . - _" };
    }
    return { value: { kind: "tun", name } };
  }
  const address = input.startsWith("echo:") ? parseAddress(input.slice(5)) : undefined;
  if (address === undefined || !isUnicast(address)) {
    return { problem: "must be tun:NAME or echo:ADDR" };
  }
  return { value: { kind: "echo", address: unmapped(address) } };
}
