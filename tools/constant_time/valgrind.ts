// The programs that valgrind looks at (`wasm-core/examples/valgrind`, `native-engine/examples/border`), built and started under it.

import { capture, ROOT, run, tryCapture } from "../run.ts";

/** True if valgrind is there; where it is not, says what to install. In CI it must be. */
export async function hasValgrind(): Promise<boolean> {
  if (await tryCapture(["valgrind", "--version"]) !== undefined) return true;
  if (Deno.env.get("CI") !== undefined) throw new Error("Cannot check: valgrind is not installed");
  return false;
}

/** An example and the package that it is of. */
export interface ExampleName {
  readonly package: "culvert-core" | "culvert-engine";
  readonly example: string;
}

/** The AEADs in Rust. */
export const CORE: ExampleName = { package: "culvert-core", example: "valgrind" };

/** The native engine, through its exports. */
export const BORDER: ExampleName = { package: "culvert-engine", example: "border" };

/** Builds a program; its path. */
export async function buildProgram(name: ExampleName): Promise<string> {
  const cargo = ["cargo", "build", "--quiet", "--release", "--locked", "-p", name.package];
  await run([...cargo, "--example", name.example]);
  const target = Deno.env.get("CARGO_TARGET_DIR") ?? `${ROOT}/target`;
  return `${target}/release/examples/${name.example}`;
}

/**
 * Runs a program under a tool of valgrind's.
 *
 * @throws {Error} If it fails; the message holds what it said
 */
export async function runUnder(options: readonly string[], program: string[]): Promise<void> {
  await capture(["valgrind", "--quiet", ...options, ...program]);
}
