// `deno task bench:page [--check]`: writes bench/results/index.html from the records beside it.
// With --check it only tells whether the file is up to date.

import { readFileSync, writeFileSync } from "node:fs";
import { runtime } from "../../gateway/runtime/mod.ts";
import { renderPage } from "./render.ts";
import { readInstructions, readResults, RESULTS } from "./results.ts";

const FILE = `${RESULTS.path}index.html`;

async function main(args: readonly string[]): Promise<number> {
  const { html } = await renderPage({
    files: readResults(RESULTS),
    instructions: readInstructions(RESULTS),
    programs: [],
  });
  if (!args.includes("--check")) {
    writeFileSync(FILE, html);
    return 0;
  }
  if (readFileSync(FILE, "utf8") === html) return 0;
  await runtime.stderr("bench/results/index.html is out of date: run deno task bench:page\n");
  return 1;
}

if (import.meta.main) {
  try {
    runtime.exit(await main(runtime.args));
  } catch (error) {
    await runtime.stderr(`${error instanceof Error ? error.message : error}\n`);
    runtime.exit(1);
  }
}
