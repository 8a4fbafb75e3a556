// `culvert check-config FILE`: shows the settings `serve` would use with this file in this
// environment, and where each comes from.

import { originText } from "../config/error.ts";
import { loadConfig, type LoadedConfig } from "../config/load.ts";
import { settingText } from "../config/setting_text.ts";
import { flagOf, SETTING_NAMES, type SettingName } from "../config/settings.ts";
import { spiText } from "../model/spi.ts";
import { tableWidth } from "./client.ts";
import { type Command, type CommandContext, JSON_FLAG } from "./command.ts";
import { renderTable } from "./table.ts";
import { wipeSecrets } from "./wipe_secrets.ts";

export const checkConfigCommand: Command = {
  name: "check-config",
  summary: "check and explain a configuration file, without changing anything",
  operands: ["FILE"],
  flags: [JSON_FLAG],
  run: checkConfig,
};

interface Explained {
  readonly name: string;
  readonly value: string;
  readonly origin: string;
}

async function checkConfig(context: CommandContext): Promise<number> {
  const { runtime, operands, flags, clock } = context;
  const loaded = await loadConfig({
    certificates: { readPki: runtime.readPki, date: clock.date },
    flags: { config: operands[0] },
    environment: runtime.env(),
    readTextFile: runtime.readTextFile,
    cores: runtime.cores,
  });
  const settings = SETTING_NAMES.map((name) => explain(loaded, name));
  const peers = loaded.config.peers.map(({ id }) => id);
  wipeSecrets(loaded.config);
  const sas = loaded.config.staticSas.map(({ spec }) => spiText(spec.spi));
  if (flags[JSON_FLAG.name] === true) {
    await runtime.stdout(`${JSON.stringify({ settings, peers, sas })}\n`);
    return 0;
  }
  const columns = [{ title: "SETTING" }, { title: "VALUE" }, { title: "FROM" }];
  const rows = settings.map(({ name, value, origin }) => [name, value, origin]);
  const peerRows = peers.map((id) => ["[[peer]]", id, loaded.file ?? ""]);
  const saRows = sas.map((spi) => ["[[sa]]", spi, "unsafe: fixed keys"]);
  const width = tableWidth(context);
  await runtime.stdout(renderTable(columns, [...rows, ...peerRows, ...saRows], { width }));
  return 0;
}

function explain(loaded: LoadedConfig, name: SettingName): Explained {
  const source = loaded.sourceOf(name);
  const origin = source === undefined || source.kind === "default"
    ? "default"
    : originText(source.originOf(name));
  return { name: flagOf(name), value: settingText(loaded.config, name), origin };
}
