// Where a linted file stands in the project.

import { ROOT } from "../run.ts";

/** True if `filename` is below one of `folders` (relative to the root, with a trailing slash). */
export function isBelow(filename: string, folders: readonly string[]): boolean {
  return folders.some((folder) => filename.startsWith(`${ROOT}/${folder}`));
}
