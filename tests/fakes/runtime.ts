// A runtime in memory: files, environment, signals and both outputs. It has no kernel, so opening
// libc and starting a lane fail.

import { createFakeFolder } from "./private_folder.ts";
import type {
  FileExposure,
  HttpServer,
  Runtime,
  ServeOptions,
} from "../../gateway/runtime/types.ts";
import { readPki } from "../../gateway/runtime/files.ts";
import { createFakeFiles } from "./files.ts";

export interface FakeRuntimeOptions {
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Variables that are set and not obeyed. */
  readonly ignored?: readonly string[];
  /** What others can do to files, by path. */
  readonly exposures?: Readonly<Record<string, FileExposure>>;
  /** May be changed while the program runs. */
  readonly files?: Record<string, string>;
  /** Columns of the terminal; undefined for a pipe. */
  readonly columns?: number;
  readonly rows?: number;
  /** Whether somebody reads the output; true by default. */
  readonly hasReader?: () => boolean;
  /** Monotonic ms. */
  readonly now?: () => number;
  /** The error that `serveHttp` fails with. */
  readonly httpError?: Error;
}

export interface FakeRuntime extends Runtime {
  /** Files of private folders, by their names in there. */
  readonly state: Map<string, Uint8Array>;
  /** Private files that were written, by path. */
  readonly written: Map<string, string>;
  /** Everything that was printed so far. */
  readonly printed: { stdout: string; stderr: string };
  /** The servers that were opened. */
  readonly servers: (ServeOptions & { isClosed: boolean })[];
  signal(name: "SIGTERM" | "SIGINT" | "SIGHUP"): void;
}

/** Makes a runtime. */
export function createFakeRuntime(options: FakeRuntimeOptions = {}): FakeRuntime {
  const printed = { stdout: "", stderr: "" };
  const state = new Map<string, Uint8Array>();
  const written = new Map<string, string>();
  const handlers = new Map<string, () => void>();
  const servers: FakeRuntime["servers"] = [];

  function serveHttp(served: ServeOptions): Promise<HttpServer> {
    if (options.httpError !== undefined) return Promise.reject(options.httpError);
    const server = { ...served, isClosed: false };
    servers.push(server);
    return Promise.resolve({
      address: served.hostname,
      port: served.port === 0 ? 40_000 : served.port,
      close(): Promise<void> {
        server.isClosed = true;
        return Promise.resolve();
      },
    });
  }

  function writePrivateFile(path: string, octets: Uint8Array): Promise<void> {
    written.set(path, new TextDecoder().decode(octets));
    return Promise.resolve();
  }

  function stdout(text: string): Promise<boolean> {
    const isRead = options.hasReader?.() ?? true;
    if (isRead) printed.stdout += text;
    return Promise.resolve(isRead);
  }

  function stderr(text: string): Promise<number> {
    printed.stderr += text;
    return Promise.resolve(new TextEncoder().encode(text).length);
  }

  return {
    name: "fake 1",
    program: "deno run gateway",
    args: options.args ?? [],
    pid: 1,
    garbage: null,
    os: "linux",
    cores: 4,
    isTerminal: options.columns !== undefined,
    state,
    written,
    printed,
    servers,
    env: () => options.environment ?? {},
    ignoredVariables: () => options.ignored ?? [],
    forgetProxies: () => {},
    openPrivateFolder: (path) => Promise.resolve(createFakeFolder(path, state)),
    writePrivateFile,
    isRoot: () => false,
    exposureOf: (path) => options.exposures?.[path] ?? NOT_EXPOSED,
    exit: (): never => fail("exit"),
    onSignal: (name, handler) => void handlers.set(name, handler),
    signal: (name) => handlers.get(name)?.(),
    stdout,
    stderr,
    columns: () => options.columns ?? 80,
    rows: () => options.rows ?? 24,
    readTextFile: createFakeFiles(options.files ?? {}),
    readPki,
    readCore: () => Promise.reject(new Error("Cannot read the core: there is none here")),
    readAsset: () => Promise.resolve(undefined),
    startLaneWorker: () => fail("startLaneWorker"),
    startIkeWorker: () => fail("startIkeWorker"),
    openLibc: () => fail("openLibc"),
    mapMemory: () => fail("mapMemory"),
    engineLibraryPath: () => "/nowhere/libculvert_engine.so",
    openEngineLibrary: (path) => {
      throw new Error(`${path} is not there`);
    },
    serveHttp,
    runProgram: () => Promise.reject(new Error("Cannot runProgram: this runtime has no kernel")),
    now: options.now ?? (() => 0),
    random: () => {},
  };
}

const NOT_EXPOSED: FileExposure = { readable: undefined, writable: undefined };

function fail(what: string): never {
  throw new Error(`Cannot ${what}: this runtime has no kernel`);
}
