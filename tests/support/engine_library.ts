// The native engine's library, built as a release or by `cargo test`.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { runtime } from "../../gateway/runtime/mod.ts";

/** Path of the library; undefined where Rust has built none. */
export function findTestLibrary(): string | undefined {
  const release = runtime.engineLibraryPath();
  const target = process.env.CARGO_TARGET_DIR ??
    fileURLToPath(new URL("../../target", import.meta.url));
  const paths = [
    release,
    ...["release", "debug/deps"].map((profile) => resolve(target, profile, NAME)),
  ];
  return paths.find((path) => existsSync(path));
}

const NAME = "libculvert_engine.so";
