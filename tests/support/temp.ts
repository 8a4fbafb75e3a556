// Files that last until the tests of a process end.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

let folder: string | undefined;
let files = 0;

/** Writes a file that only its owner can read, and returns its path. */
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
