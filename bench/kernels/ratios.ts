// Prints the table of README.md in Markdown, from the last run in a file of records: how many times
// longer each rival takes than culvert-wasm. The cell of a rival without this AEAD is empty.
//
//     deno run --allow-read bench/kernels/ratios.ts [--low] bench/results/kernels-deno.jsonl
//
// The table shows the records' own ratios, which are medians over rounds. Rivals with fewer samples
// (openssl, go) and records from before those ratios existed are compared by their medians. With
// --low, all are compared by the 10th percentile: on a busy machine those are the runs that nothing
// disturbed.

import { readFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { digits } from "../lib/numbers.ts";
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
    const ratios = COLUMNS.map((subject) => {
      const rival = find(subject);
      return rival === undefined ? "" : digits(timesOf(own, rival, statistic));
    });
    const micros = [own.median, own.low, own.high].map((seconds) => digits(seconds * 1e6));
    return [name, micros[0], `${micros[1]} to ${micros[2]}`, ...ratios];
  });
  const titles = ["case", "us", "p10 to p90", ...COLUMNS];
  const rule = titles.map((_, column) => (column === 0 ? "---" : "---:"));
  const rows = [titles, rule, ...lines];
  process.stdout.write(rows.map((row) => `| ${row.join(" | ")} |\n`).join(""));
}

/** How many times longer a rival takes. */
function timesOf(own: BenchRecord, rival: BenchRecord, statistic: "low" | "median"): number {
  const paired = statistic === "median" ? pairedRatio(own, rival)?.value : undefined;
  return paired ?? rival[statistic] / own[statistic];
}
