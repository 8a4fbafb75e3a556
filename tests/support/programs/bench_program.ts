// Tiny benches for tests: real programs that print records and progress, fail, or ignore SIGTERM.

import process from "node:process";
import type { Program } from "../../../bench/dashboard/types.ts";
import { openReport, parseBenchArgs } from "../../../bench/lib/report.ts";
import { settingOf } from "../../../bench/lib/setting.ts";
import { sleep } from "../wait.ts";

/** How the program behaves. It is the last of its arguments before those that the runner adds. */
export type Behaviour = "finish" | "fail" | "wait" | "ignore";

/** A program that behaves so on the runtime of the test. */
export function testProgram(behaviour: Behaviour): Program {
  const isDeno = process.versions.bun === undefined;
  const file = "tests/support/programs/bench_program.ts";
  return {
    id: behaviour,
    title: `Test: ${behaviour}`,
    command: `deno run -A ${file} --behaviour ${behaviour}`,
    file: process.execPath,
    args: [...(isDeno ? ["run", "-A"] : []), file, "--behaviour", behaviour],
    out: "test.jsonl",
  };
}

async function main(): Promise<void> {
  const further = { behaviour: "finish" };
  const options = parseBenchArgs(process.argv.slice(2), { runs: 1, further });
  const report = openReport(settingOf("kernels"), options);
  report.progress.expect(2);
  report.progress.begin("seal aes-128-gcm 64");
  report.add({
    case: "seal aes-128-gcm 64",
    octets: 64,
    unit: "octets/s",
    baseline: "noble",
    samples: new Map([["culvert-wasm", [{ value: 1e-6 }]], ["noble", [{ value: 7.5e-6 }]]]),
  });
  report.progress.begin("open aes-128-gcm 64");
  const { behaviour } = options.further;
  if (behaviour === "finish") return;
  if (behaviour === "fail") {
    process.stderr.write("this bench needs what is not here\n");
    process.exitCode = 3;
    return;
  }
  if (behaviour === "ignore") process.on("SIGTERM", () => undefined);
  process.stderr.write("waiting\n");
  // Until it is ended.
  await sleep(FOREVER_MS);
}

const FOREVER_MS = 600_000;

if (import.meta.main) await main();
