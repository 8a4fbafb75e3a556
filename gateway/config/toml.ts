// A TOML file that knows the line of each key. The parser does not report positions. So we find the
// line of a key by parsing first parts of the file, cut between lines, until we know the shortest
// one that has the key. This is exact for any syntax. It is slow, so we do it only for a message.

import { parse, TomlError } from "smol-toml";
import { ConfigError } from "./error.ts";

/** Keys and indices from the top: `["sa", 1, "spi"]`. */
export type KeyPath = readonly PropertyKey[];

/** A parsed file. */
export interface TomlFile {
  readonly table: Readonly<Record<string, unknown>>;
  /**
   * The line, from 1, where the key or table at `path` begins. If there is none, the line of the
   * nearest table above it that exists.
   */
  lineOf(path: KeyPath): number;
}

/**
 * Parses a file's text.
 *
 * @throws {ConfigError} If it is not TOML. The message has the line but no text of the file, which
 *   may hold keys.
 */
export function parseToml(path: string, text: string): TomlFile {
  const table = parseOrFail(path, text);
  return { table, lineOf: (keys) => lineOfKey(text, existing(table, keys)) };
}

function parseOrFail(path: string, text: string): Record<string, unknown> {
  try {
    return parseText(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The parser's message quotes the file from its second line on.
    const [problem = ""] = error.message.split("\n");
    const words = problem.replace(/^Invalid TOML document: /, "");
    throw new ConfigError({ path, line: error.line }, `not TOML: ${words}`);
  }
}

function parseText(text: string): Record<string, unknown> {
  return parse(text, { integersAsBigInt: "asNeeded" });
}

function lineOfKey(text: string, path: KeyPath): number {
  const lines = text.split("\n");
  // The first `without` lines parse and lack the key. No part of up to `low` lines has shown it.
  // The first `high` lines have it.
  let without = 0;
  let low = 0;
  let high = lines.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const part = longestPart(lines, { above: low, upTo: middle });
    if (part === undefined) {
      low = middle;
    } else if (has(part.table, path)) {
      high = part.count;
    } else {
      without = part.count;
      low = middle;
    }
  }
  return without + 1;
}

/**
 * The longest first part that parses as TOML, of more than `above` and at most `upTo` lines. A cut
 * inside a value of several lines does not parse.
 */
function longestPart(
  lines: readonly string[],
  range: { readonly above: number; readonly upTo: number },
): { readonly table: Record<string, unknown>; readonly count: number } | undefined {
  for (let count = range.upTo; count > range.above; count--) {
    try {
      return { table: parseText(`${lines.slice(0, count).join("\n")}\n`), count };
    } catch (error) {
      if (!(error instanceof TomlError)) throw error;
    }
  }
  return undefined;
}

function existing(table: unknown, path: KeyPath): KeyPath {
  let keys = path;
  while (keys.length > 0 && !has(table, keys)) keys = keys.slice(0, -1);
  return keys;
}

function has(table: unknown, path: KeyPath): boolean {
  let value = table;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return false;
    value = Reflect.get(value, key);
  }
  return true;
}
