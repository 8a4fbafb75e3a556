// SIGHUP: reads the configuration again. Settings that can change while the gateway runs take their
// new value. Others keep the old one, and the log names them.

import type { LoadedConfig } from "../config/load.ts";
import { fileKeyOf, SETTING_NAMES, type SettingName } from "../config/settings.ts";
import { settingText } from "../config/setting_text.ts";
import type { GatewayConfig } from "../config/types.ts";
import type { Prefix } from "../model/prefix.ts";
import type { Log } from "../shell/log.ts";
import type { ServedIke } from "./served_ike.ts";
import { wipeSecrets } from "./wipe_secrets.ts";

/** The settings that a reload changes. Read them at each use; never keep a copy. */
export interface LiveSettings {
  apiToken: string | null;
  logLevel: GatewayConfig["logLevel"];
  espAudit: GatewayConfig["espAudit"];
}

/** What a reload needs. */
export interface ReloadOptions {
  /** The configuration the gateway was started with. */
  readonly config: GatewayConfig;
  readonly live: LiveSettings;
  readonly log: Log;
  /** IKE inside; null if there is none. */
  readonly ike: Pick<ServedIke, "reload"> | null;
  readonly load: () => Promise<LoadedConfig>;
}

/** Settings that take a new value. */
const CHANGEABLE: readonly SettingName[] = [
  "apiTokenFile",
  "logLevel",
  "espAudit",
  "ikeCert",
  "ikeKey",
  "ikeCa",
  "ikeCrl",
  "pskFile",
  "pool",
  "dns",
  "splitDns",
  "ikeProposals",
  "espProposals",
  "ikeLifetimeS",
  "childLifetimeS",
  "maxHalfOpen",
];

/**
 * Makes the handler of SIGHUP, which reads the configuration again. A bad one changes nothing. When
 * a file is slow, several reloads are under way at a time. The one that was asked for last wins,
 * whichever ends first: a configuration that was asked for before the one in force is discarded.
 */
export function createReload(options: ReloadOptions): () => Promise<void> {
  let asked = 0;
  let inForce = 0;

  return async function reload(): Promise<void> {
    const number = ++asked;
    try {
      const { config } = await options.load();
      try {
        if (number > inForce) {
          inForce = number;
          apply(options, config);
          await options.ike?.reload(config);
        } else {
          options.log("info", "reload_overtaken");
        }
      } finally {
        wipeSecrets(config);
      }
    } catch (error) {
      options.log("error", "reload_failed", {
        reason: error instanceof Error ? error.message : String(error),
      });
    }
  };
}

function apply({ config, live, log }: ReloadOptions, next: GatewayConfig): void {
  const kept = changedSettings(config, next);
  // An API that others can reach must keep a token. The loader has checked the new API address,
  // but the old one is still in use.
  if (next.apiToken === null && config.apiToken !== null) kept.push("api_token_file");
  else live.apiToken = next.apiToken;
  if (sasText(config) !== sasText(next)) kept.push("sa");
  if (kept.length === 0) log("info", "reloaded");
  else log("warn", "reloaded", { kept: kept.join(",") });
  live.logLevel = next.logLevel;
  live.espAudit = next.espAudit;
}

function changedSettings(before: GatewayConfig, after: GatewayConfig): string[] {
  return SETTING_NAMES.filter((name) => !CHANGEABLE.includes(name))
    .filter((name) => comparable(before, name) !== comparable(after, name))
    .map(fileKeyOf);
}

/** The value of a setting as text; the order of a list means nothing. */
function comparable(config: GatewayConfig, name: SettingName): string {
  return settingText(config, name).split(",").toSorted().join();
}

/**
 * The `[[sa]]` tables as text, whatever their order and that of their prefixes, with digests in
 * place of the keys, because keys are wiped once they are installed.
 */
function sasText(config: GatewayConfig): string {
  const texts = ({ text }: Prefix): string => text;
  const sas = config.staticSas.map(({ spec, keyDigest }) => ({
    ...spec,
    keyMaterial: keyDigest,
    local: spec.local.map(texts).toSorted(),
    remote: spec.remote.map(texts).toSorted(),
  }));
  const textOf = (sa: object): string =>
    JSON.stringify(sa, (_, value) => typeof value === "bigint" ? String(value) : value);
  return sas.map(textOf).toSorted().join();
}
