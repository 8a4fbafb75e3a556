// The command of this run, as a line that can be typed again in a checkout.

import { isAbsolute, relative } from "node:path";

/** A program and its arguments, as its runtime received them. */
export interface Invocation {
  /** `deno 2.9.6`. */
  readonly runtime: string;
  readonly program: string;
  readonly args: readonly string[];
}

/** The command line. Paths below `root`, the checkout, become relative to it. */
export function commandLine({ runtime, program, args }: Invocation, root: string): string {
  const words = runtime.startsWith("bun") ? ["bun"] : ["deno", "run", "-A"];
  return [...words, ...[program, ...args].map((word) => _below(root, word))].map(quoted).join(" ");
}

/** A word, quoted for a shell if it needs quotes. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function _below(root: string, word: string): string {
  if (!isAbsolute(word)) return word;
  const path = relative(root, word);
  return path === "" || path.startsWith("..") ? word : path;
}
