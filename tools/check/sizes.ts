// No file over 400 lines, tests aside. Lengths of functions are looked after by the lints (culvert/max-function-lines,
// clippy::too_many_lines).

import { type Files, select } from "./files.ts";

/** Reports files that are too long and not exempt. */
export function checkSizes(files: Files): string[] {
  return select(files, /\.(ts|rs|js|css)$/).flatMap(([path, text]) => {
    if (isTestCode(path) || VENDORED.test(path)) return [];
    const lines = linesOf(text);
    const isExempt = EXEMPT.test(text.slice(0, 2000));
    if (lines > LINES_MAX && !isExempt) return [`${path}:1: ${lines} lines, at most ${LINES_MAX}`];

    return [];
  });
}

/** True for tests and what only they use; their length is for the reviewer to judge. */
export function isTestCode(path: string): boolean {
  return /_test\.ts$|^tests\/|\/tests\//.test(path);
}

/** Lines of a file without its inline tests. */
export function linesOf(text: string): number {
  const tests = text.indexOf("\n#[cfg(test)]\nmod tests {");
  return (tests < 0 ? text : text.slice(0, tests + 1)).split("\n").length - 1;
}

const LINES_MAX = 400;

/** As their authors made them. */
const VENDORED = /^gateway\/dashboard\/uplot\./;

/** `// Longer than 400 lines: REASON`, near the head of the file; generated files say so themselves. */
const EXEMPT = /^\/\/[/!]? (Longer than 400 lines: \w|Generated .*Do not edit)/m;
