// Checks that no file has more than 400 lines, apart from tests. The lints check the length of
// functions (culvert/max-function-lines, clippy::too_many_lines).

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

/** Whether a file is a test or only used by tests. The reviewer judges their length. */
export function isTestCode(path: string): boolean {
  return /_test\.ts$|^tests\/|\/tests\//.test(path);
}

/** Lines of a file without its inline tests. */
export function linesOf(text: string): number {
  const tests = text.indexOf("\n#[cfg(test)]\nmod tests {");
  return (tests < 0 ? text : text.slice(0, tests + 1)).split("\n").length - 1;
}

const LINES_MAX = 400;

/** Files that are kept as their authors made them. */
const VENDORED = /^gateway\/dashboard\/uplot\./;

/**
 * Exempts a file with `// Longer than 400 lines: REASON` near its head, or one that says that it is
 * generated.
 */
const EXEMPT = /^\/\/[/!]? (Longer than 400 lines: \w|Generated .*Do not edit)/m;
