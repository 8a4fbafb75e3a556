// `deno task bench:page [--check]`: writes bench/results/index.html from the records beside it, or tells whether it is what would be
// written.

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
  await runtime.stderr(
    "bench/results/index.html is not what its records make: deno task bench:page\n",
  );
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
