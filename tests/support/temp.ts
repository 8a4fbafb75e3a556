// Files that last until the tests of a process end.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

let folder: string | undefined;
let files = 0;

/** Makes an empty folder, and returns its path. */
export function tempFolder(): string {
  const path = join(ownFolder(), `${++files}`);
  mkdirSync(path);
  return path;
}

/** Writes a file that only its owner can read, and returns its path. */
export function tempFile(text: string, extension = "txt"): string {
  const path = join(ownFolder(), `${++files}.${extension}`);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

function ownFolder(): string {
  if (folder !== undefined) return folder;
  const made = mkdtempSync(join(tmpdir(), "culvert-test-"));
  process.on("exit", () => rmSync(made, { recursive: true, force: true }));
  folder = made;
  return made;
}
