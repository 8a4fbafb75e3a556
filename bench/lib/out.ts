// The file of `--out`, which gets records as JSON lines.

import { appendFileSync } from "node:fs";
import { errorCode } from "../../gateway/runtime/files.ts";

/**
 * Opens the file, and makes it if it is not there; the result appends to it. Without a path nothing is kept.
 *
 * @throws {Error} If it cannot be written: now, and not when there is something to lose
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
