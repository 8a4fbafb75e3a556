// The part of the table that both runtimes offer under the same names: Node's modules and the web's globals.

import { writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { engineLibraryPath, errorCode, readAsset, readCore, startLaneWorker } from "./files.ts";
import type { Runtime, ServeOptions } from "./types.ts";

type Shared = Omit<
  Runtime,
  "name" | "openLibc" | "mapMemory" | "openEngineLibrary" | "serveHttp" | "runProgram"
>;

export const shared: Shared = {
  args: process.argv.slice(2),
  pid: process.pid,
  os: process.platform,
  cores: navigator.hardwareConcurrency,
  env: (): Readonly<Record<string, string>> => definedOnly(process.env),
  exit: (code: number): never => process.exit(code),
  onSignal(signal, handler): void {
    process.on(signal, handler);
  },
  stdout: (text: string): boolean => writeAll(1, text),
  stderr: (text: string): void => void writeAll(2, text),
  isTerminal: process.stdout.isTTY === true,
  columns: (): number => process.stdout.columns ?? COLUMNS_DEFAULT,
  rows: (): number => process.stdout.rows ?? ROWS_DEFAULT,
  readTextFile: (path: string): Promise<string> => readFile(path, "utf8"),
  readCore,
  readAsset,
  startLaneWorker,
  engineLibraryPath,
  now: (): number => performance.now(),
  random(octets): void {
    crypto.getRandomValues(octets);
  },
};

/** What a server's start failed with, in words for its user: `Cannot serve HTTP on 127.0.0.1:9329: EADDRINUSE`. */
export function serveFailed(options: ServeOptions, error: unknown): Error {
  const { hostname, port } = options;
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  const reason = errorCode(error) ?? (error instanceof Error ? error.message : String(error));
  return new Error(`Cannot serve HTTP on ${host}:${port}: ${reason}`, { cause: error });
}

/** What opening libc failed with. */
export function libcFailed(reason: string, error: unknown): Error {
  return new Error(`Cannot open libc: ${reason}`, { cause: error });
}

function definedOnly(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const entries = Object.entries(env);
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/**
 * Writes text to a descriptor, all of it, in order with what other descriptors get; false if its reader has gone (EPIPE).
 *
 * That is no reason to stop a gateway: what the reader would have read is lost.
 */
function writeAll(fd: number, text: string): boolean {
  const octets = new TextEncoder().encode(text);
  let at = 0;
  while (at < octets.length) {
    try {
      at += writeSync(fd, octets, at);
    } catch (error) {
      if (errorCode(error) === "EPIPE") return false;
      if (errorCode(error) !== "EAGAIN") throw error;
      // A pipe that someone has made non-blocking is full: wait as a blocking one would.
      // deno-lint-ignore culvert/no-blocking-wait -- so does every write to standard output
      Atomics.wait(PAUSE, 0, 0, PAUSE_MS);
    }
  }
  return true;
}

const COLUMNS_DEFAULT = 80;
const ROWS_DEFAULT = 24;

const PAUSE_MS = 2;
const PAUSE = new Int32Array(new SharedArrayBuffer(4));
