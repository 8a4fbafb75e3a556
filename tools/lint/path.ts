// The place of a linted file in the project.

import { ROOT } from "../run.ts";

/**
 * Whether `filename` is below one of `folders`, which are relative to the root and end with a
 * slash.
 */
export function isBelow(filename: string, folders: readonly string[]): boolean {
  return folders.some((folder) => filename.startsWith(`${ROOT}/${folder}`));
}
