// `deno task ok`: runs every guard and every fast test. Run it before each commit. All steps run
// even if one fails, and the failures are named at the end.

import { complain, exitCode, run, say } from "./run.ts";

const STEPS: readonly (readonly [name: string, task: string])[] = [
  ["format", "check:format"],
  ["lint", "check:lint"],
  ["types", "check:types"],
  ["text", "check:text"],
  ["generated files", "check:generated"],
  ["committed core", "check:core"],
  ["tests", "test"],
];

// The page of results is bundled by the Bun of package.json, which a fresh clone does not have yet.
await run([Deno.execPath(), "install", "--quiet", "--frozen"]);
const failed: string[] = [];
for (const [name, task] of STEPS) {
  const startedAt = performance.now();
  say(`\n== ${name}`);
  const code = await exitCode([Deno.execPath(), "task", "--quiet", task]);
  say(
    `== ${name}: ${code === 0 ? "ok" : "failed"}, ${Math.round(performance.now() - startedAt)} ms`,
  );
  if (code !== 0) failed.push(name);
}
if (failed.length > 0) {
  complain(`\nNot ok: ${failed.join(", ")}`);
  Deno.exit(1);
}
say("\nok");
