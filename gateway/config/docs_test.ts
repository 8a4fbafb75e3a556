import { deepEqual, equal, ok } from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { settingsTable } from "./docs.ts";
import { loadConfig } from "./load.ts";
import { fileKeyOf, SETTING_NAMES } from "./settings.ts";

function readDoc(name: string): Promise<string> {
  return readFile(new URL(`../../docs/${name}`, import.meta.url), "utf8");
}

test("docs/configuration.md has the table that the settings make", async () => {
  const text = await readDoc("configuration.md");
  const lines = text.split("\n");
  const first = lines.findIndex((line) => line.startsWith("| flag |"));
  ok(first >= 0);
  const last = lines.findIndex((line, at) => at > first && !line.startsWith("|"));
  deepEqual(lines.slice(first, last), settingsTable());
});

test("docs/culvert.toml is a configuration that names every setting", async () => {
  const text = await readDoc("culvert.toml");
  const { config } = await loadConfig({
    flags: { config: "culvert.toml" },
    environment: {},
    readTextFile: () => Promise.resolve(text),
    cores: 2,
  });
  equal(config.listen.length, 4);
  equal(config.lanes, 2);
  for (const name of SETTING_NAMES) {
    const isNamed = new RegExp(`^(# )?${fileKeyOf(name)} = `, "m").test(text);
    // An example must not invite anyone to use fixed keys.
    equal(isNamed, name !== "unsafeStaticSas", name);
  }
});
