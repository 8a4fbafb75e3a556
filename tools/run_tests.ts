// `deno task test [TEXT]`: runs every fast test in Rust and TypeScript, the TypeScript ones on Deno
// and on Bun.
//
// It installs the npm packages, Bun among them, from the registry. With TEXT it runs only
// TypeScript files whose path contains TEXT. The last line is "N passed, N failed". A suite that
// ran nothing counts as a failure.

import { complain, projectFiles, ROOT, run, say, tryCapture } from "./run.ts";
import { countBun, countCargo, countDeno, type Outcome } from "./run_tests/counts.ts";
import { stream } from "./run_tests/stream.ts";

interface Suite {
  readonly name: string;
  readonly command: readonly string[];
  readonly count: (output: string) => Outcome;
}

async function main(): Promise<number> {
  const [only] = Deno.args;
  await run([Deno.execPath(), "install", "--quiet"]);
  const outcomes: Outcome[] = [];
  for (const suite of await _suites(only)) outcomes.push(await _runSuite(suite));
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
  const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
  say(`\n${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

async function _suites(only: string | undefined): Promise<Suite[]> {
  const files = (await projectFiles("*_test.ts")).filter((path) =>
    !SLOW.some((folder) => path.startsWith(folder)) && (only === undefined || path.includes(only))
  );
  // The tools run on Deno only.
  const onBun = files.filter((path) => !path.startsWith("tools/")).map((path) => `./${path}`);
  const suites: Suite[] = [
    { name: "deno", command: [...DENO_TEST, ...files], count: countDeno },
    { name: "bun", command: [...BUN_TEST, ...onBun], count: countBun },
  ];
  if (only !== undefined) return suites;
  if (await tryCapture(["cargo", "--version"]) !== undefined) return [CARGO, ...suites];
  throw new Error('Cannot run the Rust tests: "cargo" is not installed (https://rustup.rs)');
}

async function _runSuite({ name, command, count }: Suite): Promise<Outcome> {
  say(`\n== ${name}`);
  const { code, output } = await stream(command);
  const { passed, failed } = count(output);
  const isGreen = code === 0 && failed === 0 && passed > 0;
  if (isGreen) return { passed, failed };
  complain(`${name}: exit code ${code}, ${passed} passed, ${failed} failed`);
  return { passed, failed: Math.max(failed, 1) };
}

/** These tests need root, minutes or a browser, so they have tasks of their own. */
const SLOW = ["tests/interop/", "tests/chaos/", "tests/soak/", "tests/browser/"];

const CARGO: Suite = {
  name: "cargo",
  command: ["cargo", "test", "--workspace", "--locked", "--quiet"],
  count: countCargo,
};

const DENO_TEST = [Deno.execPath(), "test", "--allow-all", "--no-prompt", "--parallel"];
const BUN_TEST = [`${ROOT}/node_modules/.bin/bun`, "test"];

Deno.exit(await main());
