// The page of commands against the commands.

import { deepEqual } from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { Command } from "./command.ts";
import { COMMANDS } from "./main_cli.ts";

/** The flags in the section of each command, as its table shows them. */
async function readSections(): Promise<Map<string, readonly string[]>> {
  const text = await readFile(
    new URL("../../docs/reference/commands.md", import.meta.url),
    "utf8",
  );
  const sections = text.split(/^## /m).slice(1).map((section) => {
    const [name = ""] = section.split("\n");
    const flags = [...section.matchAll(/^\| `(--[^`]+)` \|/gm)].map(([, flag = ""]) => flag);
    return [name, flags] as const;
  });
  return new Map(sections);
}

/** A bar would end the cell. */
function flagsOf({ flags }: Command): readonly string[] {
  return flags.map(({ name, value }) =>
    value === undefined ? `--${name}` : `--${name} ${value.replaceAll("|", "\\|")}`
  );
}

test("docs/reference/commands.md has a section for each command, with its flags", async () => {
  const sections = await readSections();
  deepEqual([...sections.keys()], ["Exit codes", ...COMMANDS.map(({ name }) => name)]);
  for (const command of COMMANDS) {
    deepEqual(sections.get(command.name), flagsOf(command), command.name);
  }
});
