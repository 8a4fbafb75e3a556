// The interop suite: real kernels and daemons against the gateway. `deno task test:interop` runs
// all cases, or those whose names follow; `--list` names them. It needs root; without, it says so
// and skips.
//
// Each case runs in a process that is number 1 of its own process, network and mount namespaces. All
// processes that it started end with it, and its devices, addresses and files in /run go with the
// namespaces.

import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { CASES } from "./cases/mod.ts";
import { runInside } from "./lib/inside.ts";
import { isFigure, say } from "./lib/report.ts";
import { missing, prepare } from "./lib/setup.ts";
import type { Machine } from "./lib/setup.ts";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, "../..");

interface Outcome {
  readonly passed: boolean;
  readonly figures: readonly string[];
}

async function main(args: readonly string[]): Promise<number> {
  if (args[0] === "--inside") return await runInside(HERE, args.slice(1));
  if (args[0] === "--list") {
    for (const { name, about } of CASES) say(`${name.padEnd(18)} ${about}`);
    return 0;
  }
  const unknown = args.find((arg) => !CASES.some(({ name }) => name === arg));
  if (unknown !== undefined) {
    say(`No case "${unknown}": see --list`);
    return 2;
  }
  const chosen = CASES.filter(({ name }) => args.length === 0 || args.includes(name));
  const need = await missing();
  if (need !== undefined) {
    say(`The interop suite needs ${need}.`);
    say(`0 passed, 0 failed, ${chosen.length} skipped`);
    return 0;
  }
  return await _runAll(chosen.map(({ name }) => name));
}

async function _runAll(names: readonly string[]): Promise<number> {
  process.chdir(ROOT);
  const machine = await prepare(HERE);
  const figures: string[] = [];
  let failed = 0;
  for (const name of names) {
    const outcome = await _runCase(name, machine);
    figures.push(...outcome.figures);
    if (!outcome.passed) failed++;
    say(`${outcome.passed ? "pass" : "FAIL"} ${name}\n`);
  }
  if (figures.length > 0) {
    say(["| case | figure | value |", "| --- | --- | --- |", ...figures].join("\n") + "\n");
  }
  say(`${names.length - failed} passed, ${failed} failed, 0 skipped`);
  return failed === 0 ? 0 : 1;
}

/**
 * Runs one case in namespaces of its own; its standard input is the leash: it ends when this
 * process does.
 */
function _runCase(name: string, machine: Machine): Promise<Outcome> {
  const limitS = CASES.find((one) => one.name === name)?.limitS ?? 0;
  const runtime = "deno" in process.versions ? ["run", "--allow-all"] : [];
  const child = spawn("unshare", [
    ...["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"],
    ...[process.execPath, ...runtime, join(HERE, "main.ts")],
    ...["--inside", name, machine.kernel, machine.root],
  ], { stdio: ["pipe", "pipe", "inherit"] });
  const timer = setTimeout(() => {
    say(`  ${name} took longer than ${limitS} s`);
    child.kill("SIGKILL");
  }, limitS * 1000);
  let output = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (chunk: string) => {
    output += chunk;
    process.stdout.write(chunk);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ passed: code === 0, figures: output.split("\n").filter(isFigure) });
    });
  });
}

process.exit(await main(process.argv.slice(2)));
