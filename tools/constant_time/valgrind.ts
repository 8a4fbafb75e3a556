// Builds the programs for valgrind (`wasm-core/examples/valgrind`, `native-engine/examples/border`)
// and runs them under it.

import { capture, ROOT, run, tryCapture } from "../run.ts";

/** Whether valgrind is installed. Throws if it is missing in CI. */
export async function hasValgrind(): Promise<boolean> {
  if (await tryCapture(["valgrind", "--version"]) !== undefined) return true;
  if (Deno.env.get("CI") !== undefined) throw new Error("Cannot check: valgrind is not installed");
  return false;
}

/** An example and its package. */
export interface ExampleName {
  readonly package: "culvert-core" | "culvert-engine";
  readonly example: string;
}

/** The AEADs in Rust. */
export const CORE: ExampleName = { package: "culvert-core", example: "valgrind" };

/** The native engine, through its exports. */
export const BORDER: ExampleName = { package: "culvert-engine", example: "border" };

/** Builds a program and returns its path. */
export async function buildProgram(name: ExampleName): Promise<string> {
  const cargo = ["cargo", "build", "--quiet", "--release", "--locked", "-p", name.package];
  await run([...cargo, "--example", name.example]);
  const target = Deno.env.get("CARGO_TARGET_DIR") ?? `${ROOT}/target`;
  return `${target}/release/examples/${name.example}`;
}

/**
 * Runs a program under one of valgrind's tools.
 *
 * @throws {Error} If it fails; the message holds its output
 */
export async function runUnder(options: readonly string[], program: string[]): Promise<void> {
  await capture(["valgrind", "--quiet", ...options, ...program]);
}
