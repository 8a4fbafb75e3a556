// Makes one checked configuration of flags, environment and file. Flags win over the environment,
// and the environment wins over the file.

import { LANES_MAX } from "../../ts-bindings/layout.ts";
import { type IpAddress, isLoopback, isV6 } from "../model/address.ts";
import { type PkiSource, readCertificateFiles } from "./certificates.ts";
import { ConfigError, type Origin } from "./error.ts";
import { poolProblem, readPeers, readPsk } from "./peers.ts";
import {
  docOf,
  type InnerChoice,
  type ListenChoice,
  SETTING_NAMES,
  type SettingName,
  type Settings,
} from "./settings.ts";
import {
  type FlagValues,
  readDefaults,
  readEnvironment,
  readFile,
  readFlags,
  type Source,
} from "./sources.ts";
import { type NamedFile, readStaticSas } from "./static_sas.ts";
import { parseToml } from "./toml.ts";
import type { GatewayConfig, InnerConfig, ListenerConfig, TcpConfig } from "./types.ts";

/** What a configuration is made from. */
export interface LoadOptions {
  readonly flags: FlagValues;
  readonly environment: Readonly<Record<string, string>>;
  readonly readTextFile: (path: string) => Promise<string>;
  /** The number of lanes that `--lanes auto` stands for. */
  readonly cores: number;
  /** Left out where no setting names a certificate. */
  readonly certificates?: PkiSource;
}

/** A configuration, and where each of its settings came from. */
export interface LoadedConfig {
  readonly config: GatewayConfig;
  /** The place that a setting was taken from. Undefined for one that is not set. */
  sourceOf(name: SettingName): Source | undefined;
  /** Path of the file that was read. Undefined if there was none. */
  readonly file: string | undefined;
}

/**
 * Reads and checks a configuration.
 *
 * @throws {ConfigError} If anything in it is wrong or cannot be read
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const flags = readFlags(options.flags);
  const environment = readEnvironment(options.environment);
  const file = await openFile(options);
  const fromFile = file === undefined ? [] : [readFile(file.path, file.toml)];
  const merged = mergeSources([flags, environment, ...fromFile, readDefaults()]);
  const { settings, sourceOf } = merged;
  const apiToken = await readToken(merged, options);
  checkApi(merged, apiToken);
  checkUpstream(merged);
  checkIke(merged);
  const secrets = await readSecrets(merged, { ...options, file });
  const { listen, tcpCongestion, tcpKeepaliveS, ...rest } = settings;
  const tcp = { congestion: tcpCongestion ?? null, keepaliveS: tcpKeepaliveS };
  const config: GatewayConfig = {
    ...rest,
    listen: listen.map((one) => listenerConfig(one, tcp)),
    connect: null,
    client: null,
    tcp,
    upstream: settings.upstream ?? null,
    upstreamSource: settings.upstreamSource ?? null,
    ...ikeConfig(settings),
    ...secrets,
    inner: innerConfig(merged),
    api: settings.api === "off" ? null : settings.api,
    apiTokenFile: settings.apiTokenFile ?? null,
    apiToken,
    lanes: settings.lanes === "auto" ? Math.min(options.cores, LANES_MAX) : settings.lanes,
    staticSas: file === undefined
      ? []
      : readStaticSas(file, { isAllowed: settings.unsafeStaticSas }),
  };
  return { config, sourceOf, file: file?.path };
}

/**
 * Reads a token file. The white space around the token, which editors leave there, is removed.
 *
 * @throws {Error} If the file cannot be read
 * @throws {RangeError} If the token is empty or has other characters; the message does not have it
 */
export async function readTokenFile(
  path: string,
  readTextFile: LoadOptions["readTextFile"],
): Promise<string> {
  const token = (await readOrFail(path, readTextFile)).trim();
  if (token === "") throw new RangeError(`Cannot use the token in ${path}: it is empty`);
  // RFC 6750 §2.1: the characters that a client can send in an Authorization field.
  if (!/^[\w.~+/-]+=*$/.test(token)) {
    throw new RangeError(
      `Cannot use the token in ${path}: it may only have letters, digits and -._~+/`,
    );
  }
  return token;
}

async function readOrFail(
  path: string,
  readTextFile: LoadOptions["readTextFile"],
): Promise<string> {
  try {
    return await readTextFile(path);
  } catch (error) {
    throw new Error(`Cannot read ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

type WithoutDefault =
  | "tcpCongestion"
  | "upstream"
  | "upstreamSource"
  | "ike"
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
  | "apiTokenFile";

type CompleteSettings =
  & Pick<Settings, WithoutDefault>
  & { readonly [Name in Exclude<SettingName, WithoutDefault>]: NonNullable<Settings[Name]> };

interface Merged {
  readonly settings: CompleteSettings;
  sourceOf(name: SettingName): Source | undefined;
}

/** Merges the sources. The first one that has a setting wins. */
function mergeSources(sources: readonly Source[]): Merged {
  const settings: Settings = Object.assign(
    {},
    ...sources.toReversed().map((source) => source.settings),
  );
  if (!isComplete(settings)) throw new TypeError("Cannot merge settings: a default is missing");
  return {
    settings,
    sourceOf: (name) => sources.find((source) => source.settings[name] !== undefined),
  };
}

function isComplete(settings: Settings): settings is CompleteSettings {
  return SETTING_NAMES.every((name) => name in settings || docOf(name).fallback === undefined);
}

async function openFile(options: LoadOptions): Promise<NamedFile | undefined> {
  const flag = options.flags["config"] ?? undefined;
  const origin = flag === undefined ? "CULVERT_CONFIG" : "--config";
  const path = flag ?? options.environment["CULVERT_CONFIG"];
  if (path === undefined) return undefined;
  if (typeof path !== "string" || path === "") {
    throw new ConfigError({ path: origin }, "must be the path of a file");
  }
  try {
    return { path, toml: parseToml(path, await readOrFail(path, options.readTextFile)) };
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError({ path: origin }, reasonOf(error), { cause: error });
  }
}

async function readToken(merged: Merged, options: LoadOptions): Promise<string | null> {
  const path = merged.settings.apiTokenFile;
  if (path === undefined) return null;
  try {
    return await readTokenFile(path, options.readTextFile);
  } catch (error) {
    throw fault(merged, "apiTokenFile", reasonOf(error));
  }
}

function checkApi(merged: Merged, token: string | null): void {
  const { api } = merged.settings;
  if (api === "off" || isLoopback(api) || token !== null) return;
  throw fault(merged, "api", `${api.text} is not a loopback address: it needs --api-token-file`);
}

function checkUpstream(merged: Merged): void {
  const { upstream, upstreamSource } = merged.settings;
  if (upstreamSource === undefined) return;
  if (upstream === undefined) throw fault(merged, "upstreamSource", "needs --upstream");
  if (!isV6(upstream) && isLoopback(upstream)) return;
  throw fault(merged, "upstreamSource", "needs an --upstream in 127.0.0.0/8");
}

function checkIke(merged: Merged): void {
  const { ike, upstream, pool, dns, splitDns } = merged.settings;
  if (ike === "inside" && upstream !== undefined) {
    throw fault(merged, "ike", "cannot be inside together with --upstream: leave out one of them");
  }
  const problem = poolProblem(pool);
  if (problem !== undefined) throw fault(merged, "pool", problem);
  if (splitDns !== undefined && dns === undefined) {
    throw fault(merged, "splitDns", "needs --dns, the servers that know the domain");
  }
}

type IkeConfig = Pick<
  GatewayConfig,
  | "ike"
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
>;

function ikeConfig(settings: CompleteSettings): IkeConfig {
  return {
    ike: settings.ike ?? (settings.upstream === undefined ? "inside" : "off"),
    ikeCert: settings.ikeCert ?? null,
    ikeKey: settings.ikeKey ?? null,
    ikeCa: settings.ikeCa ?? [],
    ikeCrl: settings.ikeCrl ?? [],
    pskFile: settings.pskFile ?? null,
    dns: settings.dns ?? [],
    splitDns: settings.splitDns ?? [],
    ikeProposals: settings.ikeProposals ?? null,
    espProposals: settings.espProposals ?? null,
    stateDir: settings.stateDir ?? null,
  };
}

/** Reads what IKE proves itself by, and whom it believes. */
async function readSecrets(
  merged: Merged,
  options: Pick<LoadOptions, "readTextFile" | "certificates"> & {
    readonly file: NamedFile | undefined;
  },
): Promise<Pick<GatewayConfig, "certificates" | "ikeId" | "peers" | "psk">> {
  const { file, readTextFile } = options;
  const readSecret = (path: string): Promise<string> => readOrFail(path, readTextFile);
  const { ikeId, ikeCert, ikeKey, ikeCa = [], ikeCrl = [], pskFile } = merged.settings;
  const read = await readCertificateFiles(
    { ikeId, ikeCert, ikeKey, ikeCa, ikeCrl },
    { readTextFile, tools: options.certificates, originOf: (name) => originOf(merged, name) },
  );
  const origin = (): Origin => originOf(merged, "pskFile");
  const psk = pskFile === undefined ? null : await readPsk(pskFile, { readSecret, origin });
  try {
    const reading = { readSecret, certificates: read.certificates };
    const peers = file === undefined ? [] : await readPeers(file, reading);
    const isForAll = ikeCa.length > 0 && !peers.some(({ auth }) => auth.peer === "cert");
    if (isForAll && psk !== null) {
      const problem = "is for every client, and so is --ike-ca: give one of them, or [[peer]] " +
        'tables with auth = "cert"';
      throw fault(merged, "pskFile", problem);
    }
    if (isForAll && read.certificates?.own === null) {
      throw fault(merged, "ikeCa", "needs --ike-cert, or [[peer]] tables that say otherwise");
    }
    return { ...read, psk, peers };
  } catch (error) {
    psk?.fill(0);
    read.certificates?.own?.key.fill(0);
    throw error;
  }
}

function listenerConfig(choice: ListenChoice, common: TcpConfig): ListenerConfig {
  return {
    address: choice.address,
    tcp: {
      congestion: choice.congestion ?? common.congestion,
      keepaliveS: choice.keepaliveS ?? common.keepaliveS,
    },
  };
}

function innerConfig(merged: Merged): InnerConfig {
  const choices = merged.settings.inner;
  const [first] = choices;
  if (first?.kind === "tun") {
    if (choices.length === 1) return first;
    throw fault(merged, "inner", "tun: can be given once, and not together with echo:");
  }
  const addresses = echoAddresses(choices);
  const families = new Set(addresses.map(isV6));
  if (addresses.length === choices.length && families.size === addresses.length) {
    return { kind: "echo", addresses };
  }
  throw fault(merged, "inner", "echo: can be given once for IPv4 and once for IPv6, without tun:");
}

function echoAddresses(choices: readonly InnerChoice[]): readonly IpAddress[] {
  return choices.flatMap((choice) => choice.kind === "echo" ? [choice.address] : []);
}

function fault(merged: Merged, name: SettingName, problem: string): ConfigError {
  return new ConfigError(originOf(merged, name), problem);
}

function originOf(merged: Merged, name: SettingName): Origin {
  return merged.sourceOf(name)?.originOf(name) ?? { path: name };
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n")[0] ?? "";
}
