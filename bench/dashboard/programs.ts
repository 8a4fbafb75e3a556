// The runs that the page can start. A request names one of them and nothing else, because every
// argument is written here.

import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { runtime } from "../../gateway/runtime/mod.ts";
import { quoted } from "../lib/command.ts";
import type { Program } from "./types.ts";

/** The programs that runs need, as far as they are installed. */
export interface Means {
  /** Executables of both runtimes. */
  readonly deno: string;
  readonly bun: string;
  readonly hasNativeEngine: boolean;
}

/** Finds them on this machine. */
export function meansHere(): Means {
  const isDeno = process.versions.bun === undefined;
  return {
    deno: isDeno ? process.execPath : "deno",
    bun: fileURLToPath(new URL("../../node_modules/.bin/bun", import.meta.url)),
    hasNativeEngine: existsSync(runtime.engineLibraryPath()),
  };
}

/**
 * Every run that can be started. Runs that need root or another program report by themselves what
 * is missing.
 */
export function programsOf(means: Means): Program[] {
  const both = ["deno", "bun"] as const;
  const engines = means.hasNativeEngine ? ["wasm", "native"] as const : ["wasm"] as const;
  const short = { "--only": " 1400 ", "--runs": "3", "--packets": "20000" };
  return [
    ...both.flatMap((on) => [
      program(means, { on, suite: "kernels", size: "1400 octets", flags: KERNELS_SHORT }),
      program(means, { on, suite: "kernels", size: "all", flags: { "--runs": "11" } }),
    ]),
    ...both.flatMap((on) =>
      engines.flatMap((engine) => [
        program(means, {
          ...{ on, suite: "path", engine },
          ...{ size: "1400 octets", flags: { ...short, "--engine": engine } },
        }),
        program(means, { on, suite: "path", engine, size: "all", flags: { "--engine": engine } }),
      ])
    ),
    program(means, { on: "deno", suite: "wire", size: "short", flags: WIRE_SHORT }),
    program(means, { on: "deno", suite: "wire", size: "all", flags: {} }),
  ];
}

const KERNELS_SHORT = { "--only": " 1400", "--runs": "5" };
const WIRE_SHORT = { "--runs": "2", "--seconds": "1" };

interface Parts {
  readonly on: "deno" | "bun";
  readonly suite: "kernels" | "path" | "wire";
  readonly engine?: "wasm" | "native";
  /** How much of the suite runs, in words. */
  readonly size: string;
  readonly flags: Readonly<Record<string, string>>;
}

function program(means: Means, { on, suite, engine, size, flags }: Parts): Program {
  const main = `bench/${suite}/main.ts`;
  const start = on === "bun" ? [main] : ["run", "-A", main];
  const args = [...start, ...Object.entries(flags).flat()];
  const what = [suite, on, ...(engine === undefined ? [] : [engine]), size];
  const [first = "", ...rest] = what;
  return {
    id: what.join("-").replaceAll(" ", "-"),
    title: `${first[0]?.toUpperCase()}${first.slice(1)}: ${rest.join(", ")}`,
    command: [on, ...args].map(quoted).join(" "),
    file: means[on],
    args,
    out: `${suite}-${on}.jsonl`,
  };
}
