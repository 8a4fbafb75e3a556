// Reads the records that the page shows: every line of every *.jsonl file in a folder.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BenchRecord } from "../lib/record.ts";
import type { Instructions, ResultFile } from "./types.ts";

/** A folder of records, and the prefix that the page puts before its file names. */
export interface Folder {
  readonly path: string;
  readonly prefix: string;
}

/** Results that are committed. */
export const RESULTS: Folder = {
  path: fileURLToPath(new URL("../results/", import.meta.url)),
  prefix: "",
};

/** Runs on this machine. They are not committed. */
export const LOCAL_RESULTS: Folder = {
  path: fileURLToPath(new URL("../../target/bench-dashboard/", import.meta.url)),
  prefix: "local/",
};

/**
 * Reads the files of a folder in the order of their names. A folder that does not exist has none.
 *
 * @throws {TypeError} If a line is no record; the message names the file and the line
 */
export function readResults({ path, prefix }: Folder): ResultFile[] {
  if (!existsSync(path)) return [];
  return readdirSync(path).filter((name) => name.endsWith(".jsonl")).sort().map((name) => ({
    name: `${prefix}${name}`,
    records: parseLines(`${prefix}${name}`, readFileSync(join(path, name), "utf8")),
  }));
}

/** The instruction counts of a folder, if it has any. */
export function readInstructions({ path }: Folder): Instructions | null {
  const file = join(path, "instructions.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) as Instructions : null;
}

/**
 * Parses lines of JSON, one record each.
 *
 * @throws {TypeError} If a line is no record
 */
export function parseLines(name: string, text: string): BenchRecord[] {
  return text.split("\n").flatMap((line, index) => {
    if (line === "") return [];
    const value = _parse(line);
    if (_isRecord(value)) return [value];
    throw new TypeError(`Cannot read ${name}: line ${index + 1} is no record`);
  });
}

function _parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function _isRecord(value: unknown): value is BenchRecord {
  if (typeof value !== "object" || value === null) return false;
  const members = new Map<string, unknown>(Object.entries(value));
  return TEXTS.every((name) => typeof members.get(name) === "string") &&
    NUMBERS.every((name) => Number.isFinite(members.get(name)));
}

const TEXTS: readonly (keyof BenchRecord)[] = [
  "suite",
  "case",
  "subject",
  "runtime",
  "unit",
  "baseline",
  "commit",
  "at",
  "machine",
];
const NUMBERS: readonly (keyof BenchRecord)[] = [
  "octets",
  "rate",
  "median",
  "low",
  "high",
  "runs",
  "ratio",
];
