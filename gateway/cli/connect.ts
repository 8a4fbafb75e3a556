// `culvert connect HOST[:PORT]`: runs a gateway as the TCP originator. With a profile it speaks IKE
// itself; without one its SAs come through its API.

import { parseConnectTarget } from "../config/connect_target.ts";
import { ConfigError } from "../config/error.ts";
import { loadConfig, type LoadedConfig } from "../config/load.ts";
import { docOf, flagOf, type SettingName, variableOf } from "../config/settings.ts";
import type { ConnectTarget, GatewayConfig } from "../config/types.ts";
import { checkTunnel } from "./check_tunnel.ts";
import type { Command, CommandContext } from "./command.ts";
import { isCheckAsked, isIkeAsked, loadClient, TUNNEL_FLAGS } from "./connect_client.ts";
import { type GatewayTask, runGateway } from "./serve.ts";

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
  "ikeProposals",
  "espProposals",
  "ikeLifetimeS",
  "childLifetimeS",
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

/** Defaults that are others here. */
const FALLBACKS: Partial<Record<SettingName, { readonly fallback: string }>> = {
  api: { fallback: `${docOf("api").fallback}; off with IKE, as by --profile` },
};

/** Rows of the connection table: one connection, and its successor while it still closes. */
const CONNECTIONS_MAX = 2;

export const connectCommand: Command = {
  name: "connect",
  summary: "connect to a responder, and carry the traffic of the TUN device or the echo host",
  operands: ["HOST[:PORT]"],
  flags: [
    ...TUNNEL_FLAGS,
    ...SETTINGS.map((name) => ({ name: flagOf(name), ...docOf(name), ...FALLBACKS[name] })),
  ],
  hasLog: true,
  run: (context) => {
    const target = parseTarget(context.operands[0] ?? "");
    const task = isCheckAsked(context.flags) ? checkTask(context, target) : undefined;
    return runGateway(context, () => load(context, target), task);
  },
};

function checkTask({ runtime, errors }: CommandContext, target: ConnectTarget): GatewayTask {
  return ({ tunnel, pinger }, { client, innerMtu }) => {
    if (tunnel === null) throw new TypeError("Cannot check a tunnel: there is none");
    return checkTunnel({
      subscribe: tunnel.subscribe,
      pinger,
      target: target.text,
      inner: client?.inner ?? null,
      len: innerMtu,
      print: runtime.stdout,
      fail: (line) => errors.push(`${line}\n`),
    });
  };
}

async function load(context: CommandContext, target: ConnectTarget): Promise<LoadedConfig> {
  const { runtime, flags } = context;
  const names = SETTINGS.map(variableOf);
  const environment = Object.entries(runtime.env()).filter(([name]) => names.includes(name));
  const { readTextFile, cores } = runtime;
  const options = { flags, environment: Object.fromEntries(environment), readTextFile, cores };
  const loaded = await loadConfig(options);
  const own = isIkeAsked(flags) ? await withIke(context, loaded) : withApi(loaded);
  return {
    config: {
      ...own,
      listen: [],
      connect: target,
      ike: "off",
      maxConnections: CONNECTIONS_MAX,
      maxConnectionsPerSource: CONNECTIONS_MAX,
    },
    sourceOf: loaded.sourceOf,
    file: undefined,
  };
}

function withApi({ config, sourceOf }: LoadedConfig): GatewayConfig {
  if (config.api !== null) return config;
  const origin = sourceOf("api")?.originOf("api") ?? { path: "--api" };
  throw new ConfigError(origin, "cannot be off here: SAs are installed through the API");
}

/**
 * The configuration of a tunnel by IKE. Its API is off unless it is asked for, since a server on
 * the same host has the default address; the server gives the echo host its addresses.
 */
async function withIke(
  context: CommandContext,
  { config, sourceOf }: LoadedConfig,
): Promise<GatewayConfig> {
  const isDefault = (name: SettingName): boolean => sourceOf(name)?.kind === "default";
  const client = await loadClient(context);
  if (config.inner.kind === "echo" && !isDefault("inner")) {
    const origin = sourceOf("inner")?.originOf("inner") ?? { path: "--inner" };
    throw new ConfigError(
      origin,
      "must be tun:NAME here: the server gives the echo host's address",
    );
  }
  const isCheck = isCheckAsked(context.flags);
  if (isCheck && config.inner.kind === "tun") {
    throw new ConfigError({ path: "--check" }, "pings from the echo host: give it without --inner");
  }
  return {
    ...config,
    client,
    // The check tells itself what fails.
    logLevel: isCheck && isDefault("logLevel") ? "error" : config.logLevel,
    api: isDefault("api") ? null : config.api,
    inner: config.inner.kind === "echo" ? { kind: "echo", addresses: [] } : config.inner,
  };
}

function parseTarget(text: string): ConnectTarget {
  const parsed = parseConnectTarget(text);
  if ("value" in parsed) return parsed.value;
  throw new ConfigError({ path: "culvert connect" }, `HOST[:PORT] ${parsed.problem}`);
}
