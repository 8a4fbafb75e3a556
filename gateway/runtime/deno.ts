// The runtime table for Deno. Importing this file does nothing; `denoRuntime` makes the table.
//
// Deno makes a fast call only if a symbol is called where it is used, with a bigint for each
// address; see libc_symbols.ts.

import { ENGINE_SYMBOLS, openEngineWith } from "./engine_symbols.ts";
import { openEnvironment } from "./environment.ts";
import { exposureOf } from "./exposure.ts";
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

/** Makes the table. Call it on Deno only. */
export function denoRuntime(): Runtime {
  const name = `deno ${Deno.version.deno}`;
  return {
    ...shared,
    ...openOutputs(writeOnce),
    ...openEnvironment(isElevated),
    name,
    program: denoProgram(Deno.execPath(), Deno.version.deno),
    garbage: null,
    openLibc,
    mapMemory,
    isRoot: () => isRoot(quietPrivileges),
    exposureOf: (path) => exposureOf(path, quietPrivileges),
    openEngineLibrary,
    serveHttp,
    runProgram: runOnDeno,
  };
}

/** How its user runs the program: one who has Deno from npx alone has no `deno` in PATH. */
export function denoProgram(execPath: string, version: string): string {
  return `${execPath.includes("/_npx/") ? `npx deno@${version}` : "deno"} run gateway`;
}

function runOnDeno(program: ProgramOptions): Promise<number> {
  return runProgram([Deno.execPath(), "run", "--allow-all"], program);
}

/** `write` of `node:fs` would not do: Deno makes its call in the thread that asks, which waits. */
function writeOnce(fd: 1 | 2, octets: Uint8Array<ArrayBuffer>): Promise<number> {
  return (fd === 1 ? Deno.stdout : Deno.stderr).write(octets);
}

function openLibc(): Libc {
  if (Deno.build.os !== "linux") throw libcFailed(`needs Linux, this is ${Deno.build.os}`, null);
  const { __errno_location: location, ...symbols } = openLibrary();
  const at = location();
  if (at === null) throw libcFailed("no errno", null);
  const errnoCell = new Int32Array(Deno.UnsafePointerView.getArrayBuffer(at, 4));
  return {
    ...symbols as unknown as Omit<Libc, "errno" | "NULL">,
    errno: (): number => errnoCell[0] ?? 0,
    NULL: 0n as unknown as Address,
  };
}

function openLibrary(): Deno.StaticForeignLibraryInterface<typeof ERRNO_LOCATION> {
  try {
    return Deno.dlopen(LIBC_NAME, { ...definitions(LIBC_SYMBOLS), ...ERRNO_LOCATION }).symbols;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw libcFailed("needs --allow-ffi", error);
    throw libcFailed(error instanceof Error ? error.message : String(error), error);
  }
}

function openEngineLibrary(path: string): EngineLibrary {
  const open = (real: string): unknown => Deno.dlopen(real, definitions(ENGINE_SYMBOLS)).symbols;
  return openEngineWith(path, { privileges, open });
}

let known: Privileges | undefined;

function privileges(): Privileges {
  known ??= privilegesOf(openLibc());
  return known;
}

/** Commands that need no libc may run without the permission for it, and must not ask for it. */
function quietPrivileges(): Privileges {
  if (Deno.permissions.querySync({ name: "ffi" }).state === "granted") return privileges();
  throw libcFailed("needs --allow-ffi", null);
}

/** A Deno with file capabilities gives them to every script, so without FFI nothing is lost. */
function isElevated(): boolean {
  try {
    return quietPrivileges().isElevated;
  } catch {
    return false;
  }
}

function definitions(
  symbols: Readonly<Record<string, readonly LibcParameter[]>>,
): Record<string, Deno.ForeignFunction> {
  const entries = Object.entries(symbols).map(([name, parameters]) => {
    return [name, { parameters: parameters.map(nativeType), result: "i32" }] as const;
  });
  return Object.fromEntries(entries);
}

function nativeType(parameter: LibcParameter): Deno.NativeType {
  return parameter === "address" ? "usize" : parameter;
}

function mapMemory(memory: WebAssembly.Memory): MappedMemory {
  // The result keeps the view, so the memory lives as long as the result does.
  const view = new Uint8Array(memory.buffer);
  const base = Deno.UnsafePointer.value(Deno.UnsafePointer.of(view));
  return {
    base,
    at: (offset: number): Address => (base + BigInt(offset)) as unknown as Address,
  };
}

function serveHttp(options: ServeOptions): Promise<HttpServer> {
  const { hostname } = options;
  const ending = new AbortController();
  const { signal } = ending;
  // Deno would listen there instead, or there too. Its address has not passed our checks.
  Deno.env.delete("DENO_SERVE_ADDRESS");
  const listen = (port: number): Deno.HttpServer<Deno.NetAddr> =>
    Deno.serve(
      { hostname, port, signal, onListen: () => {} },
      (request, { remoteAddr }) => options.fetch(request, { address: remoteAddr.hostname }),
    );
  try {
    const first = listen(options.port);
    const { hostname: address, port } = first.addr;
    const finished = serveOn(first, { signal, listen: () => listen(port), options });
    return Promise.resolve({
      address,
      port,
      close(): Promise<void> {
        ending.abort();
        return finished;
      },
    });
  } catch (error) {
    return Promise.reject(serveFailed(options, error));
  }
}

interface ServeOn {
  readonly signal: AbortSignal;
  readonly listen: () => Deno.HttpServer;
  readonly options: ServeOptions;
}

/**
 * Listens again after a server ended with an error. Deno's server does so when it cannot accept,
 * for instance when the process is out of descriptors, and an error that nobody awaits would end
 * the process.
 */
async function serveOn(first: Deno.HttpServer, on: ServeOn): Promise<void> {
  let next = (): Deno.HttpServer => first;
  while (!on.signal.aborted) {
    try {
      await next().finished;
    } catch (error) {
      on.options.onFailure?.(error instanceof Error ? error.message : String(error));
      await new Promise((resolve) => setTimeout(resolve, ACCEPT_PAUSE_MS));
    }
    next = on.listen;
  }
}

/** Pause before listening again, ms: by then there may be descriptors again. */
const ACCEPT_PAUSE_MS = 200;

const ERRNO_LOCATION = {
  __errno_location: { parameters: [], result: "pointer" },
} as const satisfies Deno.ForeignLibraryInterface;
