// `deno task bench:native`: compares Rust's AEAD crates, which the native engine could be built on,
// in native code. A Rust program (`src/`) measures, and cargo builds it. The samples are reported
// as in every bench.
//
//     --json --progress --only TEXT --runs N --out FILE

import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { runtime } from "../../gateway/runtime/mod.ts";
import { noCase } from "../lib/no_case.ts";
import type { Sample, Subject } from "../lib/record.ts";
import { type BenchOptions, openReport, parseBenchArgs, type Report } from "../lib/report.ts";
import { runMain } from "../lib/run_main.ts";
import { settingOf } from "../lib/setting.ts";
import { versionIn } from "../lib/versions.ts";
import { isCrate, parseLine } from "./line.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const CARGO = [
  ...["run", "--quiet", "--release", "--locked"],
  ...["--manifest-path", "bench/native/Cargo.toml", "--target-dir", "target/bench-native", "--"],
];

async function main(): Promise<number> {
  const options = parseBenchArgs(runtime.args, { runs: 15 });
  const { stdout } = spawnSync("rustc", ["--version"], { encoding: "utf8" });
  const rustc = versionIn(stdout ?? "");
  if (rustc === undefined) throw new Error("Cannot build: rustc is not installed");
  const report = openReport({ ...settingOf("kernels"), runtime: rustc }, options);
  return await measure(report, options);
}

/**
 * Reads samples as the program prints them: first the number of cases, then for each case one line
 * per crate.
 */
async function measure(report: Report, options: BenchOptions): Promise<number> {
  const child = spawn("cargo", [...CARGO, String(options.runs), options.only], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.on("close", (code) => resolve(code ?? 1));
    child.on("error", reject);
  });
  let samples = new Map<Subject, readonly Sample[]>();
  for await (const text of createInterface({ input: child.stdout })) {
    const line = parseLine(text);
    if (line.kind === "cases") {
      if (line.count === 0) return noCase(options);
      report.progress.expect(line.count);
    } else if (line.kind === "begin") report.progress.begin(line.name);
    else if (line.kind === "end") {
      const { name, octets } = line;
      report.add({ case: name, octets, unit: "octets/s", baseline: "ring", samples });
      samples = new Map();
    } else if (isCrate(line.crate)) samples.set(line.crate, line.samples);
    else throw new TypeError(`No crate ${line.crate}`);
  }
  return await ended;
}

if (import.meta.main) await runMain(main);
