import { deepEqual, equal, ok } from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { settingsTable } from "./docs.ts";
import { loadConfig } from "./load.ts";
import type { GatewayConfig } from "./types.ts";
import { settingText } from "./setting_text.ts";
import { docOf, fileKeyOf, SETTING_NAMES } from "./settings.ts";

function readDoc(name: string): Promise<string> {
  return readFile(new URL(`../../docs/operate/${name}`, import.meta.url), "utf8");
}

test("docs/operate/configuration.md has the table that the settings make", async () => {
  const text = await readDoc("configuration.md");
  const lines = text.split("\n");
  const first = lines.findIndex((line) => line.startsWith("| flag |"));
  ok(first >= 0);
  const last = lines.findIndex((line, at) => at > first && !line.startsWith("|"));
  deepEqual(lines.slice(first, last), settingsTable());
});

test("docs/operate/culvert.toml is a configuration that names every setting", async () => {
  const text = await readDoc("culvert.toml");
  const config = await loadExample(text);
  equal(config.listen.length, 4);
  equal(config.lanes, 2);
  for (const name of SETTING_NAMES) {
    const isNamed = new RegExp(`^(# )?${fileKeyOf(name)} = `, "m").test(text);
    // An example must not invite anyone to use fixed keys.
    equal(isNamed, name !== "unsafeStaticSas", name);
  }
});

test("docs/operate/culvert.toml names the default of what differs from it", async () => {
  const text = await readDoc("culvert.toml");
  const [config, defaults] = [await loadExample(text), await loadExample("")];
  for (const name of SETTING_NAMES) {
    if (settingText(config, name) === settingText(defaults, name)) continue;
    const part = text.split("\n\n").find((lines) =>
      `\n${lines}`.includes(`\n${fileKeyOf(name)} = `)
    );
    const { fallback, unset = "none" } = docOf(name);
    ok(part?.includes(`(default: ${fallback ?? unset})`), `${name}: ${part}`);
  }
});

async function loadExample(text: string): Promise<GatewayConfig> {
  const { config } = await loadConfig({
    flags: { config: "culvert.toml" },
    environment: {},
    readTextFile: () => Promise.resolve(text),
    cores: 2,
  });
  return config;
}
