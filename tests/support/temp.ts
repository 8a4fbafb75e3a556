// Files that last as long as the tests of a process.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

let folder: string | undefined;
let files = 0;

/** Writes a file of its own and returns its path; only its owner can read it. */
export function tempFile(text: string, extension = "txt"): string {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), "culvert-test-"));
    process.on("exit", () => rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  const path = join(folder, `${++files}.${extension}`);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}
