// Checks that the documents explain every status and state its fate.

import { STATUSES, type StatusInfo } from "../../ts-bindings/status.ts";
import type { Files } from "./files.ts";

/** Reports statuses that docs/reference/statuses.md does not explain, and rows there that name no status. */
export function checkNames(files: Files): string[] {
  return compareNames(STATUSES, files.get(DOCUMENT) ?? "");
}

/** Like {@link checkNames}, for any table of statuses. */
export function compareNames(statuses: readonly StatusInfo[], text: string): string[] {
  const rows = new Map(
    [...text.matchAll(/^\| `(\w+)` \| (\w+) \|/gm)].map(([, name = "", fate = ""]) => [name, fate]),
  );
  const missing = statuses.filter(({ name }) => !rows.has(name))
    .map(({ name }) => `${DOCUMENT}:1: no row for ${name}`);
  const wrong = statuses.filter(({ name, fate }) => rows.has(name) && rows.get(name) !== fate)
    .map(({ name, fate }) => `${DOCUMENT}:1: ${name} has the fate ${fate}, not ${rows.get(name)}`);
  const names = new Set<string>(statuses.map(({ name }) => name));
  const unknown = [...rows.keys()].filter((name) => !names.has(name))
    .map((name) => `${DOCUMENT}:1: ${name} is no status`);
  return [...missing, ...wrong, ...unknown];
}

const DOCUMENT = "docs/reference/statuses.md";
