// The file of `--out`: records as lines of JSON.

import { appendFileSync } from "node:fs";
import { errorCode } from "../../gateway/runtime/files.ts";

/**
 * Opens the file, creates it if it does not exist, and returns a function that appends to it.
 * Without a path nothing is written.
 *
 * @throws {Error} If the file cannot be written. The check comes first, while there are no results
 * that could be lost
 */
export function openOut(path: string | undefined): (lines: string) => void {
  if (path === undefined) return () => undefined;
  _append(path, "");
  return (lines) => _append(path, lines);
}

function _append(path: string, lines: string): void {
  try {
    appendFileSync(path, lines);
  } catch (error) {
    throw new Error(`Cannot write ${path}: ${errorCode(error)}`, { cause: error });
  }
}
