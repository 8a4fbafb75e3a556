// `deno task fuzz:hours [HOURS] [TARGET...]`: fuzzes the core with cargo-fuzz, guided by coverage,
// for 4 hours by default. The targets share the time: the named ones, or all of wasm-core/fuzz.
// Needs `rustup toolchain install nightly` and `cargo install cargo-fuzz`.
//
// Inputs that reached new code stay in wasm-core/fuzz/corpus, and the next run begins with them. A
// failure ends the run and leaves its input in wasm-core/fuzz/artifacts. Turn that input into a
// test of its own.

import { complain, ROOT, run, say, tryCapture } from "./run.ts";

const HOURS_DEFAULT = 4;

/** Longest input in octets: room for a few of the largest messages. */
const INPUT_LEN_MAX = 8192;

async function main(): Promise<number> {
  const hours = Number(Deno.args[0] ?? HOURS_DEFAULT);
  if (!(hours > 0)) {
    complain(`Cannot fuzz for "${Deno.args[0]}" hours`);
    return 2;
  }
  if (await tryCapture(["cargo", "fuzz", "--version"]) === undefined) {
    complain(
      "Cannot fuzz: cargo-fuzz is not installed; " +
        'run "rustup toolchain install nightly" and "cargo install cargo-fuzz"',
    );
    return 2;
  }
  const targets = Deno.args.length > 1 ? Deno.args.slice(1) : _allTargets();
  const seconds = Math.ceil(hours * 3600 / targets.length);
  for (const target of targets) {
    say(`\n== ${target}, ${seconds} s`);
    await run(_command(target, seconds));
  }
  return 0;
}

function _command(target: string, seconds: number): string[] {
  const cargo = ["cargo", "+nightly", "fuzz", "run", "--fuzz-dir", FUZZ_DIR, target];
  return [
    ...cargo,
    "--",
    `-max_total_time=${seconds}`,
    `-max_len=${INPUT_LEN_MAX}`,
    "-len_control=1",
  ];
}

function _allTargets(): string[] {
  return [...Deno.readDirSync(`${ROOT}/${FUZZ_DIR}/fuzz_targets`)]
    .map((file) => file.name.replace(/\.rs$/, "")).toSorted();
}

const FUZZ_DIR = "wasm-core/fuzz";

Deno.exit(await main());
