// Prints the table of bench/kernels/README.md from a file of records, of its last run: how many times longer each rival takes than culvert-wasm.
//
//   deno run --allow-read bench/kernels/ratios.ts [--low] bench/results/kernels-deno.jsonl
//
// Compared are the records' own ratios, which are medians over rounds; medians, for who has fewer samples (openssl, go) and in records of
// before there were such ratios; or with --low the 10th percentiles: on a busy machine those are what nobody disturbed.

import { readFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { pairedRatio } from "../lib/ratio.ts";
import type { BenchRecord, Subject } from "../lib/record.ts";

const COLUMNS: readonly Subject[] = [
  "culvert-wasm-strict",
  "node-crypto",
  "webcrypto",
  "noble",
  "rustcrypto-wasm",
  "rustcrypto-wasm-scalar",
  "culvert-native",
  "openssl",
  "go",
];

const { values, positionals } = parseArgs({
  args: process.argv.slice(2),
  options: { low: { type: "boolean", default: false } },
  allowPositionals: true,
});
for (const path of positionals) {
  print(readFileSync(path, "utf8"), values.low ? "low" : "median");
}

function print(text: string, statistic: "low" | "median"): void {
  const all = text.trim().split("\n").map((line) => JSON.parse(line) as BenchRecord);
  const last = all.at(-1)?.at;
  const records = all.filter(({ at }) => at === last);
  const lines = [...Map.groupBy(records, (record) => record.case)].map(([name, ofCase]) => {
    const find = (subject: Subject): BenchRecord | undefined =>
      ofCase.find((record) => record.subject === subject);
    const own = find("culvert-wasm");
    if (own === undefined) throw new Error(`Cannot compare "${name}": culvert-wasm is missing`);
    const ratios = COLUMNS.map((subject) => digits(timesOf(own, find(subject), statistic)));
    const micros = [own.median, own.low, own.high].map((seconds) => digits(seconds * 1e6));
    return [name, micros[0], `${micros[1]} to ${micros[2]}`, ...ratios];
  });
  const titles = ["case", "us", "p10 to p90", ...COLUMNS];
  const rule = titles.map((_, column) => (column === 0 ? "---" : "---:"));
  const rows = [titles, rule, ...lines];
  process.stdout.write(rows.map((row) => `| ${row.join(" | ")} |\n`).join(""));
}

/** How many times longer a rival takes; NaN if it was not measured. */
function timesOf(
  own: BenchRecord,
  rival: BenchRecord | undefined,
  statistic: "low" | "median",
): number {
  if (rival === undefined) return NaN;
  const paired = statistic === "median" ? pairedRatio(own, rival)?.value : undefined;
  return paired ?? rival[statistic] / own[statistic];
}

/** Three significant digits; a subject without this AEAD has none. */
function digits(value: number): string {
  if (Number.isNaN(value)) return "";
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
