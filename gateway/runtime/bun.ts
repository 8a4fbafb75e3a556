// The runtime table for Bun. Importing this file does nothing; `bunRuntime` makes the table.
//
// Differences seen with Bun 1.4.5:
// - Bun cuts an HTTP connection that is idle for ten seconds, even a stream of events, unless told
//   otherwise for its request.
// - Its heap counts all of a shared WebAssembly memory, once or more in each thread, and is
//   collected when it has grown by a share of that: by gigabytes.
// - A request without a usable Host has only its path as its URL.
// - `ptr` takes numbers and null where Deno takes bigints.

import { write } from "node:fs";
import process from "node:process";
import { ENGINE_SYMBOLS, openEngineWith } from "./engine_symbols.ts";
import { openEnvironment } from "./environment.ts";
import { exposureOf } from "./exposure.ts";
import { isBinary } from "./files.ts";
import { LIBC_NAME, LIBC_SYMBOLS, type LibcParameter } from "./libc_symbols.ts";
import { openOutputs } from "./output.ts";
import { type ProgramOptions, runProgram } from "./program.ts";
import { isRoot, privilegesOf } from "./privileges.ts";
import { libcFailed, serveFailed, shared } from "./shared.ts";
import type {
  Address,
  EngineLibrary,
  HttpServer,
  Libc,
  MappedMemory,
  Privileges,
  Runtime,
  ServeOptions,
} from "./types.ts";

/**
 * The part of `bun:ffi` that we use. We cannot import it, because Deno's type checker rejects the
 * name.
 */
interface BunFfi {
  dlopen(name: string, definitions: Readonly<Record<string, BunFunction>>): {
    readonly symbols: Readonly<Record<string, (...args: readonly unknown[]) => number>>;
  };
  ptr(view: Uint8Array): number;
  toArrayBuffer(at: number, offset: number, len: number): ArrayBuffer;
}

interface BunFunction {
  readonly args: readonly string[];
  readonly returns: "i32" | "ptr";
}

interface BunServer {
  readonly hostname: string;
  readonly port: number;
  requestIP(request: Request): { readonly address: string } | null;
  timeout(request: Request, seconds: number): void;
  stop(isForced: boolean): Promise<void>;
}

interface BunServeOptions {
  readonly hostname: string;
  readonly port: number;
  fetch(request: Request, server: BunServer): Promise<Response>;
}

declare const Bun: {
  readonly version: string;
  serve(options: BunServeOptions): BunServer;
  gc(isAtOnce: boolean): void;
};

/** Makes the table. Call it on Bun only. */
export function bunRuntime(): Runtime {
  const name = `bun ${Bun.version}`;
  return {
    ...shared,
    ...openOutputs(writeOnce),
    ...openEnvironment(isElevated),
    name,
    program: isBinary() ? "culvert" : "bun gateway/main.ts",
    garbage: { collect: () => Bun.gc(AT_ONCE), residentLen: () => process.memoryUsage.rss() },
    openLibc,
    mapMemory,
    isRoot: () => isRoot(privileges),
    exposureOf: (path) => exposureOf(path, privileges),
    openEngineLibrary,
    serveHttp,
    runProgram: runOnBun,
  };
}

function runOnBun(program: ProgramOptions): Promise<number> {
  return runProgram([process.execPath], program);
}

/** Bun makes the call in its pool of threads. */
function writeOnce(fd: 1 | 2, octets: Uint8Array<ArrayBuffer>): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, octets, 0, octets.length, null, (error, written) => {
      if (error === null || error === undefined) resolve(written);
      else reject(error);
    });
  });
}

function openFfi(): BunFfi {
  return process.getBuiltinModule("bun:ffi") as unknown as BunFfi;
}

function openLibc(): Libc {
  if (shared.os !== "linux") throw libcFailed(`needs Linux, this is ${shared.os}`, null);
  const { __errno_location: location, ...symbols } = openLibrary();
  if (location === undefined) throw libcFailed("no errno", null);
  const errnoCell = new Int32Array(openFfi().toArrayBuffer(location(), 0, 4));
  return {
    ...symbols as unknown as Omit<Libc, "errno" | "NULL">,
    errno: (): number => errnoCell[0] ?? 0,
    NULL: null as unknown as Address,
  };
}

function openLibrary(): ReturnType<BunFfi["dlopen"]>["symbols"] {
  const errnoLocation: BunFunction = { args: [], returns: "ptr" };
  try {
    return openFfi().dlopen(LIBC_NAME, {
      ...definitions(LIBC_SYMBOLS),
      __errno_location: errnoLocation,
    })
      .symbols;
  } catch (error) {
    throw libcFailed(error instanceof Error ? error.message : String(error), error);
  }
}

function openEngineLibrary(path: string): EngineLibrary {
  const open = (real: string): unknown =>
    openFfi().dlopen(real, definitions(ENGINE_SYMBOLS)).symbols;
  return openEngineWith(path, { privileges, open });
}

let known: Privileges | undefined;

function privileges(): Privileges {
  known ??= privilegesOf(openLibc());
  return known;
}

/** Elsewhere than on Linux there are no file capabilities, and no libc for us. */
function isElevated(): boolean {
  return shared.os === "linux" && privileges().isElevated;
}

function definitions(
  symbols: Readonly<Record<string, readonly LibcParameter[]>>,
): Record<string, BunFunction> {
  const entries = Object.entries(symbols).map(([name, parameters]) => {
    return [name, { args: parameters.map(nativeType), returns: "i32" }] as const;
  });
  return Object.fromEntries(entries);
}

function nativeType(parameter: LibcParameter): string {
  return parameter === "address" ? "ptr" : parameter;
}

function mapMemory(memory: WebAssembly.Memory): MappedMemory {
  // The result keeps the view, so the memory lives as long as the result does.
  const view = new Uint8Array(memory.buffer);
  const base = openFfi().ptr(view);
  return {
    base: BigInt(base),
    at: (offset: number): Address => (base + offset) as unknown as Address,
  };
}

function serveHttp(options: ServeOptions): Promise<HttpServer> {
  const { hostname, port } = options;
  try {
    const server = Bun.serve({ hostname, port, fetch: answer });
    return Promise.resolve({
      address: server.hostname,
      port: server.port,
      close: (): Promise<void> => server.stop(STOP_AT_ONCE),
    });
  } catch (error) {
    return Promise.reject(serveFailed(options, error));
  }

  async function answer(request: Request, server: BunServer): Promise<Response> {
    const address = server.requestIP(request)?.address ?? "";
    const asked = withAbsoluteUrl(request, server.port);
    if (asked === undefined) return new Response(null, { status: 400 });
    const response = await options.fetch(asked, { address });
    const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
    // Only an open stream is silent for a reason. The answer to HEAD has no stream.
    if (isStream === true && request.method !== "HEAD") server.timeout(request, 0);
    return response;
  }
}

/**
 * Makes the URL absolute, as Deno does: if Host is missing or not an authority, the URL's host is
 * localhost. Undefined if the URL has no path either.
 */
function withAbsoluteUrl(request: Request, port: number): Request | undefined {
  if (URL.canParse(request.url)) return request;
  const path = request.url.replace(/^http:\/\/[^/]*/, "");
  if (!path.startsWith("/")) return undefined;
  return new Request(`http://localhost:${port}${path}`, request);
}

const STOP_AT_ONCE = true;
/** Otherwise the next allocations pay for it, and the memory stays with the process. */
const AT_ONCE = true;
