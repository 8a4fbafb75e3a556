// The program that valgrind looks at (`wasm-core/examples/valgrind`), built and started under it.

import { capture, ROOT, run, tryCapture } from "../run.ts";

/** True if valgrind is there; where it is not, says what to install. In CI it must be. */
export async function hasValgrind(): Promise<boolean> {
  if (await tryCapture(["valgrind", "--version"]) !== undefined) return true;
  if (Deno.env.get("CI") !== undefined) throw new Error("Cannot check: valgrind is not installed");
  return false;
}

/** Builds the program; its path. */
export async function buildProgram(): Promise<string> {
  const cargo = ["cargo", "build", "--quiet", "--release", "--locked", "-p", "culvert-core"];
  await run([...cargo, "--example", "valgrind"]);
  const target = Deno.env.get("CARGO_TARGET_DIR") ?? `${ROOT}/target`;
  return `${target}/release/examples/valgrind`;
}

/**
 * Runs the program under a tool of valgrind's.
 *
 * @throws {Error} If it fails; the message holds what it said
 */
export async function runUnder(options: readonly string[], program: string[]): Promise<void> {
  await capture(["valgrind", "--quiet", ...options, ...program]);
}
