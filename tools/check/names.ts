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
  const rowOf = ({ name, snakeCase }: StatusInfo): string | undefined =>
    rows.get(snakeCase) ?? rows.get(name);
  const missing = statuses.filter((status) => rowOf(status) === undefined)
    .map(({ name }) => `${DOCUMENT}:1: no row for ${name}`);
  const wrong = statuses.filter((status) => (rowOf(status) ?? status.fate) !== status.fate)
    .map((status) =>
      `${DOCUMENT}:1: ${status.name} has the fate ${status.fate}, not ${rowOf(status)}`
    );
  const names = new Set<string>(statuses.flatMap(({ name, snakeCase }) => [name, snakeCase]));
  const unknown = [...rows.keys()].filter((name) => !names.has(name))
    .map((name) => `${DOCUMENT}:1: ${name} is no status`);
  return [...missing, ...wrong, ...unknown];
}

const DOCUMENT = "docs/reference/statuses.md";
