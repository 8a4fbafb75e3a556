// Every setting of `serve`, once: how its text is read, its default, and the words of `--help` and
// docs/operate/configuration.md. Flags, environment and file go through the same schemas; SAs of the file
// and of the API go through `SA_SPEC` of the model.

import * as z from "zod";
import { CONNECTIONS_MAX, INNER_MTU_MAX, LANES_MAX } from "../../ts-bindings/layout.ts";
import { type IpAddress, isLoopback, isUnicast, parseAddress } from "../model/address.ts";
import { LOG_LEVELS } from "../model/log_level.ts";
import { LOG_FORMATS } from "../model/log_line.ts";
import { parsePrefix, type Prefix } from "../model/prefix.ts";
import { parseSocketAddress, type SocketAddress } from "../model/socket_address.ts";
import type { ParsedText } from "../model/text_codec.ts";

/**
 * What help and documents say of a setting, and its default in the form that a user would write.
 */
export interface SettingDoc {
  /** The value in the usage line; undefined for a switch. */
  readonly value: string | undefined;
  /** As on the command line; undefined is {@link unset}. */
  readonly fallback?: string;
  /** What holds where nothing is set, in words; "none" without them. */
  readonly unset?: string;
  readonly isRepeatable?: true;
  readonly help: string;
}

/** One `--inner`. */
export type InnerChoice =
  | { readonly kind: "tun"; readonly name: string }
  | { readonly kind: "echo"; readonly address: IpAddress };

/** One listener, with what it has of its own. */
export interface ListenChoice {
  readonly address: SocketAddress;
  readonly congestion: string | undefined;
  readonly keepaliveS: number | undefined;
}

/** Words of each setting. */
export const settingDocs: z.core.$ZodRegistry<SettingDoc> = z.registry<SettingDoc>();

/** Largest delay that a timer of the kernel interface takes (`epoll_wait`), about 24 days. */
const MS_MAX = 2_147_483_647;

/** Longest TCP_KEEPIDLE that Linux takes. */
const KEEPALIVE_S_MAX = 32_767;

/**
 * The settings, in the order in which help shows them. Names here are camelCase; see {@link flagOf}
 * and its neighbours.
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
    help:
      "seconds of silence before the system probes a connection's peer, which it gives up after " +
      "as long again; 0 is off",
  }),
  upstream: documented(parsed(upstreamAddress), {
    value: "ADDR:PORT",
    help:
      "UDP address of an IKE daemon's NAT-traversal port: takes IKE, and ESP of SPIs unknown here",
  }),
  upstreamSource: documented(parsed(loopbackPrefix), {
    value: "ADDR/LEN",
    help:
      "IPv4 loopback prefix of 8 to 30 bits: an upstream source address for each client address (IPv6: " +
      "each /64), by a hash of it: two clients may share one",
  }),
  inner: documented(repeatable(parsed(innerChoice)), {
    value: "tun:NAME|echo:ADDR",
    fallback: "echo:10.93.29.1",
    isRepeatable: true,
    help:
      "where decrypted packets go: a TUN device, or a built-in host that answers echo requests " +
      "(once for IPv4 and once for IPv6)",
  }),
  innerMtu: documented(whole(576, INNER_MTU_MAX), {
    value: "N",
    fallback: "1400",
    help: "largest inner packet in octets",
  }),
  api: documented(parsed(apiAddress), {
    value: "ADDR:PORT|off",
    fallback: "127.0.0.1:9329",
    help: "HTTP API, metrics and dashboard; port 0 picks a free one",
  }),
  apiTokenFile: documented(text(), {
    value: "FILE",
    help: "file with the bearer token of the API; needed when --api is not a loopback address",
  }),
  lanes: documented(autoOrWhole(1, LANES_MAX), {
    value: "N|auto",
    fallback: "1",
    help: "data-plane threads; auto is one for each core",
  }),
  engine: documented(oneOf(["auto", "wasm", "native"]), {
    value: "auto|wasm|native",
    fallback: "auto",
    help: "who runs the AEAD: the core, the native library, or the faster of both",
  }),
  maxConnections: documented(whole(1, CONNECTIONS_MAX), {
    value: "N",
    fallback: "10000",
    help: "connections at a time; one more is accepted, closed and counted",
  }),
  maxConnectionsPerSource: documented(whole(1, CONNECTIONS_MAX), {
    value: "N",
    fallback: "64",
    help: "connections at a time from one address (IPv6: one /64)",
  }),
  prefixTimeoutMs: documented(whole(1, MS_MAX), {
    value: "N",
    fallback: "5000",
    help:
      "from accept to the stream prefix and the first message that is passed on or authenticates",
  }),
  frameTimeoutMs: documented(whole(1, MS_MAX), {
    value: "N",
    fallback: "30000",
    help: "a frame that has begun, in either direction, must be complete",
  }),
  idleTimeoutMs: documented(whole(0, MS_MAX), {
    value: "N",
    fallback: "0",
    help: "longest time without an authenticated packet or a datagram from upstream; 0 is off",
  }),
  suspectLimit: documented(whole(1, 1_000_000), {
    value: "N",
    fallback: "64",
    help: "points of the corruption score that close a connection",
  }),
  drainTimeoutMs: documented(whole(0, MS_MAX), {
    value: "N",
    fallback: "5000",
    help: "time for queued frames to leave on SIGTERM, before what is left is reset",
  }),
  logLevel: documented(oneOf(LOG_LEVELS), {
    value: "debug|info|warn|error",
    fallback: "info",
    help: "least level that is logged; the audit log of the API is at every level",
  }),
  logFormat: documented(oneOf(LOG_FORMATS), {
    value: "text|json",
    fallback: "text",
    help: "form of the log and of the listening line",
  }),
  espAudit: documented(oneOf(["on", "off"]), {
    value: "on|off",
    fallback: "on",
    help:
      "tell of ESP packets that are dropped (RFC 4303 §4), in the log and the events; they count either way",
  }),
  unsafeStaticSas: documented(onOff(), {
    value: undefined,
    fallback: "false",
    help: "read SAs with fixed keys from [[sa]] tables of the file: for tests only",
  }),
});

/** What one place says: any of the settings. */
export const SOME_SETTINGS = SETTINGS.partial();

export type Settings = z.output<typeof SOME_SETTINGS>;
export type SettingName = keyof typeof SETTINGS.shape;

/** All settings, in order. */
export const SETTING_NAMES: readonly SettingName[] = SETTINGS.keyof().options;

/** Words of a setting. */
export function docOf(name: SettingName): SettingDoc {
  const doc = settingDocs.get(SETTINGS.shape[name]);
  if (doc === undefined) throw new TypeError(`Cannot document setting "${name}": no entry`);
  return doc;
}

/** `maxConnections` as `max-connections`. */
export function flagOf(name: SettingName): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `maxConnections` as `max_connections`. */
export function fileKeyOf(name: SettingName): string {
  return flagOf(name).replaceAll("-", "_");
}

/** `maxConnections` as `CULVERT_MAX_CONNECTIONS`. */
export function variableOf(name: SettingName): string {
  return `CULVERT_${fileKeyOf(name).toUpperCase()}`;
}

function documented<T extends z.ZodType>(schema: T, doc: SettingDoc): T {
  settingDocs.add(schema, doc);
  return schema;
}

type TextParser<T> = (text: string) => ParsedText<T>;

function text(): z.ZodString {
  return z.string({ error: "must be a string" }).min(1, { error: "must not be empty" });
}

function parsed<T>(parse: TextParser<T>): z.ZodType<T, string> {
  return text().transform((input, context) => {
    const result = parse(input);
    if ("value" in result) return result.value;
    context.addIssue({ code: "custom", message: result.problem });
    return z.NEVER;
  });
}

/** One value or an array of them; flags may be repeated, the variable holds a list with commas. */
function repeatable<T>(one: z.ZodType<T, string>): z.ZodType<readonly T[]> {
  const error = "must be an array of strings, at least one";
  return z.union([text().transform((input) => [input]), z.array(text()).min(1, { error })], {
    error,
  }).pipe(z.array(one));
}

/**
 * As `repeatable`; in a file an element may be a table, for a listener with settings of its own.
 */
function listeners(): z.ZodType<readonly ListenChoice[]> {
  const error = "must be an array of addresses, or of tables with an address, at least one";
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
 * What TCP_CONGESTION can hold (TCP_CA_NAME_MAX); whether there is one of that name, the kernel
 * says at the start.
 */
function congestionName(): z.ZodType<string> {
  const error = "must be the name of a congestion control, such as cubic or bbr";
  return z.string({ error }).regex(/^[\w-]{1,15}$/, { error });
}

function whole(min: number, max: number): z.ZodType<number> {
  return wholeWith(`must be a whole number from ${min} to ${max}`, { min, max });
}

function autoOrWhole(min: number, max: number): z.ZodType<"auto" | number> {
  const error = `must be auto or a whole number from ${min} to ${max}`;
  return z.union([z.literal("auto"), wholeWith(error, { min, max })], { error });
}

/** A number from a file, or digits from anywhere. */
function wholeWith(
  error: string,
  { min, max }: { readonly min: number; readonly max: number },
): z.ZodType<number> {
  const digits = z.string({ error }).regex(/^\d{1,10}$/, { error }).transform(Number);
  return z.union([z.int({ error }), digits], { error })
    .pipe(z.int({ error }).min(min, { error }).max(max, { error }));
}

function oneOf<const T extends readonly string[]>(
  names: T,
): z.ZodEnum<{ [Name in T[number]]: Name }> {
  return z.enum(names, { error: `must be one of ${names.join(", ")}` });
}

function onOff(): z.ZodType<boolean> {
  const error = "must be true or false";
  const words = z.enum(["true", "false", "1", "0"], { error });
  return z.union([z.boolean(), words.transform((word) => word === "true" || word === "1")], {
    error,
  });
}

/** Longest `--upstream-source`. */
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
  // ::1 is the only loopback address of IPv6; a /31 has no address beside its network's and its
  // broadcast address.
  const isWide = prefix.bits >= 8 && prefix.bits <= SOURCE_BITS_MAX;
  if (prefix.octets.length === 4 && isWide && isLoopback(prefix)) return { value: prefix };
  return { problem: "must be an IPv4 loopback prefix of 8 to 30 bits, such as 127.16.0.0/12" };
}

function innerChoice(input: string): ParsedText<InnerChoice> {
  if (input.startsWith("tun:")) {
    const name = input.slice(4);
    // Linux: at most 15 octets. "%" would make the kernel choose a number, and the device another
    // one at each start.
    if (!/^[\w.-]{1,15}$/.test(name) || name === "." || name === "..") {
      return { problem: "must name a device after tun:, 1 to 15 of letters, digits, dot, dash" };
    }
    return { value: { kind: "tun", name } };
  }
  const address = input.startsWith("echo:") ? parseAddress(input.slice(5)) : undefined;
  if (address === undefined || !isUnicast(address)) {
    return { problem: "must be tun:NAME or echo:ADDR" };
  }
  return { value: { kind: "echo", address } };
}
