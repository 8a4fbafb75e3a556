// SIGHUP: the configuration is read again. What can change while the gateway runs does; what cannot is named and left as it was.

import type { LoadedConfig } from "../config/load.ts";
import { fileKeyOf, SETTING_NAMES, type SettingName } from "../config/settings.ts";
import { settingText } from "../config/setting_text.ts";
import type { GatewayConfig } from "../config/types.ts";
import type { Log } from "../shell/log.ts";

/** What a reload may change: read at each use, never kept. */
export interface LiveSettings {
  apiToken: string | null;
  logLevel: GatewayConfig["logLevel"];
  espAudit: GatewayConfig["espAudit"];
}

export interface ReloadOptions {
  /** As the gateway was started. */
  readonly config: GatewayConfig;
  readonly live: LiveSettings;
  readonly log: Log;
  readonly load: () => Promise<LoadedConfig>;
}

/** Settings whose new value is taken. */
const CHANGEABLE: readonly SettingName[] = ["apiTokenFile", "logLevel", "espAudit"];

/** Reads the configuration again; a bad one changes nothing. */
export async function reload(options: ReloadOptions): Promise<void> {
  const { config, live, log } = options;
  try {
    const next = (await options.load()).config;
    const kept = changedSettings(config, next);
    // A bound address that others reach must not lose its token, and the loader checked the new address, not the one in use.
    if (next.apiToken === null && config.apiToken !== null) kept.push("api_token_file");
    else live.apiToken = next.apiToken;
    if (sasText(config) !== sasText(next)) kept.push("sa");
    for (const { spec } of next.staticSas) spec.keyMaterial.fill(0);
    if (kept.length === 0) log("info", "reloaded");
    else log("warn", "reloaded", { kept: kept.join(",") });
    live.logLevel = next.logLevel;
    live.espAudit = next.espAudit;
  } catch (error) {
    log("error", "reload_failed", {
      reason: error instanceof Error ? error.message : String(error),
    });
  }
}

function changedSettings(before: GatewayConfig, after: GatewayConfig): string[] {
  return SETTING_NAMES.filter((name) => !CHANGEABLE.includes(name))
    .filter((name) => settingText(before, name) !== settingText(after, name))
    .map(fileKeyOf);
}

/** The `[[sa]]` tables with every member, but for their keys a digest: these are wiped once they are installed. */
function sasText(config: GatewayConfig): string {
  const sas = config.staticSas.map(({ spec, keyDigest }) => ({ ...spec, keyMaterial: keyDigest }));
  return JSON.stringify(sas, (_, value) => typeof value === "bigint" ? String(value) : value);
}
