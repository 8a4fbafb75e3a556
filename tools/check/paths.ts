// Checks that no file names a path of somebody's machine or the host of a package registry.

import type { Files } from "./files.ts";

/** Reports paths of machines and hosts of package registries. */
export function checkPaths(files: Files): string[] {
  return [...files].flatMap(([path, text]) =>
    text.split("\n").flatMap((line, index) => {
      const found = PATTERNS.find((pattern) => pattern.test(line));
      if (found === undefined) return [];
      return [`${path}:${index + 1}: a machine's path or a registry's host: ${line.trim()}`];
    })
  );
}

const PATTERNS: readonly RegExp[] = [
  /(?<![\w.])\/(tmp|root|work|home)\/[A-Za-z]/,
  /registry\.npmjs|static\.crates\.io|index\.crates\.io|(deb|security)\.debian\.org|proxy\.golang/,
];
