// The setting of a run (commit, machine, command), as its records hold it.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { release, type } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { runtime } from "../../gateway/runtime/mod.ts";
import { commandLine } from "./command.ts";
import type { Setting, Suite } from "./record.ts";
import { versionsOf } from "./versions.ts";

/** The setting of a run that begins now. */
export function settingOf(suite: Suite): Setting {
  const { name, args } = runtime;
  const program = process.argv[1] ?? "";
  return {
    suite,
    runtime: name,
    commit: _commit(),
    at: `${new Date().toISOString().slice(0, 19)}Z`,
    machine: machineOf(readFileSync("/proc/cpuinfo", "utf8"), runtime.cores),
    kernel: `${type()} ${release()}`,
    command: commandLine({ runtime: name, program, args }, ROOT),
    versionOf: versionsOf(suite),
  };
}

/**
 * The machine in a few words: processor and number of cores. `cpuinfo` is the text of
 * /proc/cpuinfo. Family and model are included, because ten generations of processors share a name
 * like "Intel(R) Xeon(R) Processor".
 */
export function machineOf(cpuinfo: string, cores: number): string {
  const value = (key: string): string | undefined =>
    new RegExp(`^(?:${key})\\s*:\\s*(.+)$`, "m").exec(cpuinfo)?.[1]?.trim();
  const [family, model] = [value("cpu family"), value("model")];
  const which = family === undefined || model === undefined ? "" : ` (${family}/${model})`;
  const count = `${cores} ${cores === 1 ? "core" : "cores"}`;
  return `${value("model name|Model") ?? "unknown"}${which}, ${count}`;
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Short hash of the commit, with `+` if tracked files have changes. "unknown" outside of a
 * repository.
 */
function _commit(): string {
  const git = (...args: readonly string[]): string =>
    execFileSync("git", ["-C", ROOT, ...args], { encoding: "utf8", stdio: "pipe" }).trim();
  try {
    const hash = git("rev-parse", "--short", "HEAD");
    return git("status", "--porcelain", "--untracked-files=no") === "" ? hash : `${hash}+`;
  } catch {
    return "unknown";
  }
}
