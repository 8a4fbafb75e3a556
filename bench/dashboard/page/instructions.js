// The section of instruction counts: what callgrind counted for each operation, by packet size.

import { byId, make, show } from "../../../gateway/dashboard/dom.js";
import { countText } from "../../../gateway/dashboard/format.js";
import { fillTable } from "./tables.js";

/** @typedef {import("../types.ts").Instructions} Instructions */

/**
 * Groups counts by operation and packet size. Names without a size go into the last column.
 *
 * @param {Instructions["counts"]} counts By `kernels aes-128-gcm open 1400`
 * @returns {{ sizes: readonly number[], rows: ReadonlyMap<string, ReadonlyMap<number, string>> }}
 * Names by operation and size; size 0 stands for none
 */
export function operationsOf(counts) {
  const rows = new Map();
  for (const name of Object.keys(counts)) {
    const [, operation = name, octets = "0"] = /^(.+) (\d+)$/.exec(name) ?? [];
    const row = rows.get(operation) ?? new Map();
    rows.set(operation, row.set(Number(octets), name));
  }
  const all = [...rows.values()].flatMap((row) => [...row.keys()]);
  const sizes = [...new Set(all)].filter((octets) => octets > 0).sort((a, b) => a - b);
  return { sizes, rows };
}

/** @param {Instructions | null} instructions */
export function showInstructions(instructions) {
  if (instructions === null) return;
  const { counts, rustc, target } = instructions;
  show(byId("instructions", HTMLElement));
  byId("instructions-with", HTMLElement).textContent =
    `of one call, native build · ${rustc} · ${target}`;
  const { sizes, rows } = operationsOf(counts);
  const cell = (/** @type {string | undefined} */ name) =>
    name === undefined ? null : make(
      "td",
      {},
      make("a", { href: instructionsAnchor(name) }, countText(counts[name] ?? 0)),
    );
  fillTable(
    "instructions",
    ["Operation", ...sizes.map((octets) => `${countText(octets)} octets`), "no size"],
    [...rows].map(([operation, names]) => [
      operation,
      ...[...sizes, 0].map((octets) => cell(names.get(octets))),
    ]),
  );
}

/**
 * @param {string} name
 * @returns {string} Fragment of the page's address that shows this count
 */
export function instructionsAnchor(name) {
  return `#instructions.json:${name.replaceAll(" ", "_")}`;
}
