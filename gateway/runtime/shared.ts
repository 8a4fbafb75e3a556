// The part of the table that is the same on both runtimes: Node's modules and the web's globals.

import { readFile } from "node:fs/promises";
import process from "node:process";
import {
  errorCode,
  readAsset,
  readCore,
  readPki,
  startIkeWorker,
  startLaneWorker,
} from "./files.ts";
import { openPrivateFolder, writePrivateFile } from "./private_folder.ts";
import type { Runtime, ServeOptions } from "./types.ts";

type Shared = Omit<
  Runtime,
  | "name"
  | "program"
  | "garbage"
  | "env"
  | "ignoredVariables"
  | "forgetProxies"
  | "exposureOf"
  | "isRoot"
  | "engineLibraryPath"
  | "openLibc"
  | "mapMemory"
  | "openEngineLibrary"
  | "serveHttp"
  | "runProgram"
  | "stdout"
  | "stderr"
>;

export const shared: Shared = {
  args: process.argv.slice(2),
  pid: process.pid,
  os: process.platform,
  cores: navigator.hardwareConcurrency,
  exit: (code: number): never => process.exit(code),
  onSignal(signal, handler): void {
    process.on(signal, handler);
  },
  isTerminal: process.stdout.isTTY === true,
  columns: (): number => process.stdout.columns ?? COLUMNS_DEFAULT,
  rows: (): number => process.stdout.rows ?? ROWS_DEFAULT,
  readTextFile: (path: string): Promise<string> => readFile(path, "utf8"),
  openPrivateFolder,
  writePrivateFile,
  readCore,
  readPki,
  readAsset,
  startLaneWorker,
  startIkeWorker,
  now: (): number => performance.now(),
  random(octets): void {
    crypto.getRandomValues(octets);
  },
};

/**
 * Makes the error of a server that cannot start: `Cannot serve HTTP on 127.0.0.1:9329: EADDRINUSE`.
 */
export function serveFailed(options: ServeOptions, error: unknown): Error {
  const { hostname, port } = options;
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  const reason = errorCode(error) ?? (error instanceof Error ? error.message : String(error));
  return new Error(`Cannot serve HTTP on ${host}:${port}: ${reason}`, { cause: error });
}

/** Makes the error of a libc that cannot be opened. */
export function libcFailed(reason: string, error: unknown): Error {
  return new Error(`Cannot open libc: ${reason}`, { cause: error });
}

const COLUMNS_DEFAULT = 80;
const ROWS_DEFAULT = 24;
