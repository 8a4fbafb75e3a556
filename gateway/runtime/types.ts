// What the gateway needs from its runtime: one table of contents, filled by `deno.ts` and `bun.ts`.
// Nothing else in the tree may say Deno or Bun.

// deno-lint-ignore-file camelcase -- names of libc stay as they are

/**
 * An absolute address for a system call. Deno takes a bigint for `usize`, Bun a number for `ptr`:
 * opaque here, made once per table with {@link Memory.at} and never per packet.
 */
export type Address = (bigint | number) & { readonly __address: unique symbol };

/** Shared memory of the core as seen by system calls. */
export interface MappedMemory {
  /** Address of the first octet. */
  readonly base: bigint;
  /** Address of the octet at `offset`; allocates on Deno, so call it when tables are made. */
  at(offset: number): Address;
}

/**
 * libc by FFI. Every function returns what libc returns as i32; after -1, `errno()` must be read in
 * the same statement run. The functions are plain symbols so that each call site stays monomorphic
 * (Deno's fast call).
 */
export interface Libc {
  /** Ends the process, all of its threads, at once. */
  _exit(status: number): number;
  accept4(fd: number, address: Address, addressLen: Address, flags: number): number;
  bind(fd: number, address: Address, len: number): number;
  /** Laid over CLOCK_MONOTONIC once in each thread, so that shell and lanes share one clock. */
  clock_gettime(clock: number, timespec: Address): number;
  close(fd: number): number;
  connect(fd: number, address: Address, len: number): number;
  epoll_create1(flags: number): number;
  epoll_ctl(epfd: number, op: number, fd: number, event: Address): number;
  epoll_wait(epfd: number, events: Address, max: number, timeoutMs: number): number;
  eventfd(initial: number, flags: number): number;
  getsockname(fd: number, address: Address, len: Address): number;
  getsockopt(fd: number, level: number, name: number, value: Address, len: Address): number;
  ioctl(fd: number, request: number, value: Address): number;
  listen(fd: number, backlog: number): number;
  open(path: Address, flags: number): number;
  prlimit(pid: number, resource: number, next: Address, previous: Address): number;
  read(fd: number, address: Address, len: number): number;
  readv(fd: number, iov: Address, count: number): number;
  recv(fd: number, address: Address, len: number, flags: number): number;
  recvmmsg(fd: number, messages: Address, count: number, flags: number, timeout: Address): number;
  recvmsg(fd: number, message: Address, flags: number): number;
  send(fd: number, address: Address, len: number, flags: number): number;
  sendmmsg(fd: number, messages: Address, count: number, flags: number): number;
  sendmsg(fd: number, message: Address, flags: number): number;
  setsockopt(fd: number, level: number, name: number, value: Address, len: number): number;
  shutdown(fd: number, how: number): number;
  socket(domain: number, type: number, protocol: number): number;
  write(fd: number, address: Address, len: number): number;
  writev(fd: number, iov: Address, count: number): number;
  /** errno of this thread, as left by the last call made in the same statement run. */
  errno(): number;
  /** NULL in the form the runtime takes. */
  readonly NULL: Address;
}

/**
 * The native AEAD engine's library (native-engine/src/exports.rs). Everything returns an i32; like
 * libc's, each function is a plain symbol to be called where it is used.
 */
export interface EngineLibrary {
  culvert_engine_fingerprint(): number;
  culvert_engine_attach(base: Address, pages: number): number;
  culvert_engine_detach(handle: number): number;
  culvert_engine_install(handle: number, block: number, sa: number): number;
  culvert_engine_remove(handle: number, sa: number): number;
  culvert_engine_open(handle: number, block: number): number;
  culvert_engine_seal(handle: number, block: number): number;
}

/** A running HTTP server of the runtime. */
export interface HttpServer {
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

export interface ServeOptions {
  readonly hostname: string;
  readonly port: number;
  fetch(request: Request, remote: { readonly address: string }): Response | Promise<Response>;
  /** Connections could not be accepted; it goes on by itself. */
  onFailure?(reason: string): void;
}

/** The runtime's table of contents. */
export interface Runtime {
  /** `deno 2.9.6`, `bun 1.4.5`. */
  readonly name: string;
  readonly args: readonly string[];
  readonly pid: number;
  readonly os: string;
  readonly cores: number;
  env(): Readonly<Record<string, string>>;
  exit(code: number): never;
  /** Runs `handler` at each `signal` (SIGTERM, SIGINT, SIGHUP). */
  onSignal(signal: "SIGTERM" | "SIGINT" | "SIGHUP", handler: () => void): void;
  /** False if nobody reads it any more: the text is lost. */
  stdout(text: string): boolean;
  stderr(text: string): void;
  /** True if standard output is a terminal. */
  readonly isTerminal: boolean;
  columns(): number;
  rows(): number;
  readTextFile(path: string): Promise<string>;
  /** The committed core, embedded in the single binary. */
  readCore(variant: "relaxed" | "strict"): Promise<Uint8Array<ArrayBuffer>>;
  /** A static file of the dashboard, or undefined. `name` is a plain file name. */
  readAsset(name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  startLaneWorker(): Worker;
  /**
   * Throws an Error that names the cause when libc cannot be had (not Linux, no permission for
   * FFI).
   */
  openLibc(): Libc;
  mapMemory(memory: WebAssembly.Memory): MappedMemory;
  /** Where the native engine's library is looked for. */
  engineLibraryPath(): string;
  /** Throws an Error whose message is the reason when the library cannot be had. */
  openEngineLibrary(path: string): EngineLibrary;
  serveHttp(options: ServeOptions): Promise<HttpServer>;
  /**
   * Runs another program of the checkout on this runtime, with the outputs of this one; resolves
   * with its exit code. Throws an Error that names the cause in the single binary, and without the
   * permission to run programs.
   */
  runProgram(program: { readonly file: string; readonly args: readonly string[] }): Promise<number>;
  /** Monotonic milliseconds with a fraction; the same origin in shell and lanes is not promised. */
  now(): number;
  random(octets: Uint8Array<ArrayBuffer>): void;
}
