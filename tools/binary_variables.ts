// Takes out of the single binary what lets its environment run other code. Bun has no switch for
// these variables, and reads them before the program begins, so that the program cannot refuse
// them: with file capabilities, everybody who may run the binary could have its rights for his own
// code.

import { closeSync, openSync, readFileSync, writeSync } from "node:fs";

/**
 * Names, or beginnings of names, in the binary. `BUN_JSC_...` is not among them: its name is part
 * of machine code. docs/operate/deployment.md says what follows.
 */
export const REMOVED_VARIABLES: readonly string[] = [
  // Further arguments, such as `--preload FILE`.
  "BUN_OPTIONS",
  // Makes the binary a `bun` that runs any script.
  "BUN_BE_BUN",
  // Opens a debugger, or connects to one.
  "BUN_INSPECT",
  // Name files to write.
  "BUN_BYTECODE_",
  // Sends a report of a crash there.
  "BUN_CRASH_REPORT_URL",
  // Options of the C compiler that Bun has inside.
  "BUN_TCC_OPTIONS",
];

/**
 * Replaces the first octet of each name by NUL, which no variable can have in its name.
 *
 * @throws {Error} If a name is not in the file: another Bun may spell it otherwise
 */
export function removeVariables(path: string): void {
  // Each octet becomes one character, so that places in the text are places in the file.
  const text = readFileSync(path).toString("latin1");
  const file = openSync(path, "r+");
  try {
    for (const name of REMOVED_VARIABLES) {
      const places = placesOf(text, name);
      if (places.length === 0) throw new Error(`Cannot take ${name} out of ${path}: not found`);
      for (const place of places) writeSync(file, NUL, 0, NUL.length, place);
    }
  } finally {
    closeSync(file);
  }
}

/** Without `process.env.NAME`: Bun's own sources are in the file, and must stay sources. */
function placesOf(text: string, name: string): readonly number[] {
  return [...text.matchAll(new RegExp(`(?<!\\.)${name}`, "g"))].map(({ index }) => index);
}

const NUL = Uint8Array.of(0);
