// `deno task test:fuzz [MINUTES]`: repeats the property tests with new seeds and more cases, for 2
// minutes by default. It finishes the round that it has begun. That takes a few minutes more at
// most, because a round has few cases (Rust) or a time limit (TypeScript). To fuzz for hours, use
// `deno task fuzz:hours`.
//
// A failure prints its seed and its smallest case, as proptest and fast-check do. Turn that case
// into a test of its own.

import { complain, projectFiles, ROOT, say } from "./run.ts";
import { countCargo, countDeno, type Outcome } from "./run_tests/counts.ts";
import { stream } from "./run_tests/stream.ts";

/**
 * Cases of one property in one round. The runners' own defaults are 256 (Rust) and 100
 * (TypeScript).
 */
const RUST_CASES = 1000;
const TYPESCRIPT_CASES = 2000;
/** A property of TypeScript ends its round after this time, however many of its cases are left. */
const TYPESCRIPT_SECONDS = 20;

const MINUTES_DEFAULT = 2;

async function main(): Promise<number> {
  const minutes = Number(Deno.args[0] ?? MINUTES_DEFAULT);
  if (!(minutes > 0)) {
    complain(`Cannot run for "${Deno.args[0]}" minutes`);
    return 2;
  }
  const files = await _propertyTests();
  const endsAt = performance.now() + minutes * 60_000;
  const total = { passed: 0, failed: 0 };
  let rounds = 0;
  do {
    rounds++;
    _add(total, await _rust());
    _add(total, await _typeScript(files));
  } while (performance.now() < endsAt && total.failed === 0);
  say(`\n${rounds} rounds`);
  say(`${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0 ? 0 : 1;
}

/** TypeScript tests that state properties. */
async function _propertyTests(): Promise<string[]> {
  const files = await projectFiles("*_test.ts");
  const texts = await Promise.all(files.map((path) => Deno.readTextFile(`${ROOT}/${path}`)));
  return files.filter((_, index) => texts[index]?.includes('from "fast-check"'));
}

async function _rust(): Promise<Outcome> {
  const command = ["cargo", "test", "--workspace", "--locked", "--quiet"];
  return _outcome(countCargo, await stream(command, { PROPTEST_CASES: String(RUST_CASES) }));
}

async function _typeScript(files: readonly string[]): Promise<Outcome> {
  const flags = ["--allow-all", "--no-prompt", "--preload", "tools/fuzz_preload.ts"];
  const command = [Deno.execPath(), "test", ...flags, ...files];
  return _outcome(
    countDeno,
    await stream(command, {
      CULVERT_FUZZ_CASES: String(TYPESCRIPT_CASES),
      CULVERT_FUZZ_SECONDS: String(TYPESCRIPT_SECONDS),
    }),
  );
}

/** A runner that exited with an error or ran nothing has at least one failure. */
function _outcome(
  count: (output: string) => Outcome,
  { code, output }: { readonly code: number; readonly output: string },
): Outcome {
  const { passed, failed } = count(output);
  return { passed, failed: code === 0 && passed > 0 ? failed : Math.max(failed, 1) };
}

function _add(total: { passed: number; failed: number }, outcome: Outcome): void {
  total.passed += outcome.passed;
  total.failed += outcome.failed;
}

Deno.exit(await main());
