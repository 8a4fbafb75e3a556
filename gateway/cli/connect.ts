// `culvert connect HOST:PORT`: runs a gateway as the TCP originator. Its SAs come through its API.

import { ConfigError } from "../config/error.ts";
import { loadConfig, type LoadedConfig } from "../config/load.ts";
import { docOf, flagOf, type SettingName, variableOf } from "../config/settings.ts";
import type { ConnectTarget } from "../config/types.ts";
import { isV6, parseAddress } from "../model/address.ts";
import type { Command, CommandContext } from "./command.ts";
import { runGateway } from "./serve.ts";

/** The settings of `serve` that also apply here. */
const SETTINGS: readonly SettingName[] = [
  "tcpCongestion",
  "tcpKeepaliveS",
  "inner",
  "innerMtu",
  "tunTcpOffload",
  "tunUdpOffload",
  "routeMark",
  "routePriority",
  "api",
  "apiTokenFile",
  "lanes",
  "engine",
  "frameTimeoutMs",
  "drainTimeoutMs",
  "logLevel",
  "logFormat",
  "espAudit",
];

/** Rows of the connection table: one connection, and its successor while it still closes. */
const CONNECTIONS_MAX = 2;

export const connectCommand: Command = {
  name: "connect",
  summary: "connect to a responder, and carry the traffic of the TUN device or the echo host",
  operands: ["HOST:PORT"],
  flags: SETTINGS.map((name) => ({ name: flagOf(name), ...docOf(name) })),
  hasLog: true,
  run: (context) => {
    const target = parseTarget(context.operands[0] ?? "");
    return runGateway(context, () => load(context, target));
  },
};

async function load(
  { runtime, flags }: CommandContext,
  target: ConnectTarget,
): Promise<LoadedConfig> {
  const names = SETTINGS.map(variableOf);
  const environment = Object.entries(runtime.env()).filter(([name]) => names.includes(name));
  const { readTextFile, cores } = runtime;
  const options = { flags, environment: Object.fromEntries(environment), readTextFile, cores };
  const { config, sourceOf } = await loadConfig(options);
  if (config.api === null) {
    const origin = sourceOf("api")?.originOf("api") ?? { path: "--api" };
    throw new ConfigError(origin, "cannot be off here: SAs are installed through the API");
  }
  return {
    config: {
      ...config,
      listen: [],
      connect: target,
      ike: "off",
      maxConnections: CONNECTIONS_MAX,
      maxConnectionsPerSource: CONNECTIONS_MAX,
    },
    sourceOf,
    file: undefined,
  };
}

/** Parses `vpn.example.net:4500`, `192.0.2.1:4500` or `[2001:db8::1]:4500`. */
function parseTarget(text: string): ConnectTarget {
  const [, inBrackets, plain = "", digits] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ??
    [];
  const port = Number(digits);
  const host = inBrackets ?? plain;
  const isHost = inBrackets === undefined ? isHostName(plain) : isV6Address(inBrackets);
  if (!isHost || !(port >= 1 && port <= 65_535)) {
    throw new ConfigError(
      { path: "culvert connect" },
      "HOST:PORT must look like vpn.example.net:4500 or [2001:db8::1]:4500",
    );
  }
  return { host, port, text };
}

function isV6Address(text: string): boolean {
  const address = parseAddress(text);
  return address !== undefined && isV6(address);
}

/**
 * Whether the text is an IPv4 address or can be a name. What can never be looked up is a mistake;
 * what cannot be looked up now may be there later.
 *
 * RFC 1123 §2.1: labels of letters, digits and hyphens, 63 octets at most, 253 in all. Names of
 * some hosts have underscores. If the last label is a number, it is an address or a mistake.
 */
function isHostName(text: string): boolean {
  if (parseAddress(text) !== undefined) return true;
  const labels = text.replace(/\.$/, "").split(".");
  const last = labels[labels.length - 1] ?? "";
  return text.length <= 254 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(last);
}

const LABEL = /^\w(?:[\w-]{0,61}\w)?$/;
