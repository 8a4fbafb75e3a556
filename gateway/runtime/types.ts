// What the gateway needs from its runtime: one table, filled by `deno.ts` and `bun.ts`. Nothing
// else in the gateway may say Deno or Bun.

// deno-lint-ignore-file camelcase -- names of libc stay as they are

/**
 * An absolute address for a system call. It is opaque here: Deno takes a bigint for `usize`, Bun a
 * number for `ptr`. Make it with {@link MappedMemory.at}, once per table and never per packet.
 */
export type Address = (bigint | number) & { readonly __address: unique symbol };

/** Shared memory of the core, as system calls see it. */
export interface MappedMemory {
  /** Address of the first octet. */
  readonly base: bigint;
  /**
   * Address of the octet at `offset`. It allocates on Deno, so call it only when tables are made.
   */
  at(offset: number): Address;
}

/**
 * libc by FFI. Each function returns libc's result as an i32. After -1, read `errno()` before any
 * other call or await. The functions are plain symbols so that each call site stays monomorphic,
 * which Deno needs for its fast call.
 */
export interface Libc {
  /** Ends the process with all its threads at once. */
  _exit(status: number): number;
  accept(fd: number, address: Address, addressLen: Address): number;
  accept4(fd: number, address: Address, addressLen: Address, flags: number): number;
  /** Has SIGALRM end the process after so many seconds. */
  alarm(seconds: number): number;
  bind(fd: number, address: Address, len: number): number;
  /** Shell and lanes share CLOCK_MONOTONIC by it. */
  clock_gettime(clock: number, timespec: Address): number;
  close(fd: number): number;
  connect(fd: number, address: Address, len: number): number;
  epoll_create1(flags: number): number;
  epoll_ctl(epfd: number, op: number, fd: number, event: Address): number;
  epoll_wait(epfd: number, events: Address, max: number, timeoutMs: number): number;
  eventfd(initial: number, flags: number): number;
  flock(fd: number, operation: number): number;
  /** A value that the kernel gave the program at its start. */
  getauxval(type: number): number;
  /** The effective user, whose unsigned number comes as an i32. */
  geteuid(): number;
  getsockname(fd: number, address: Address, len: Address): number;
  getsockopt(fd: number, level: number, name: number, value: Address, len: Address): number;
  ioctl(fd: number, request: number, value: Address): number;
  listen(fd: number, backlog: number): number;
  open(path: Address, flags: number): number;
  poll(fds: Address, count: number, timeoutMs: number): number;
  prctl(option: number, value: number): number;
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
  /** Sets what a signal does; NULL stands for the kernel's default. */
  signal(signal: number, handler: Address): number;
  socket(domain: number, type: number, protocol: number): number;
  write(fd: number, address: Address, len: number): number;
  writev(fd: number, iov: Address, count: number): number;
  /** errno of this thread, as the last call left it. Read it before any other call or await. */
  errno(): number;
  /** NULL in the form that the runtime takes. */
  readonly NULL: Address;
}

/**
 * The native AEAD engine's library (native-engine/src/exports.rs). Every function returns an i32.
 * Like those of libc, each is a plain symbol to be called where it is used.
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

/** Whose rights this process has. */
export interface Privileges {
  /** The effective user's number. */
  readonly user: number;
  /**
   * Whether it has more rights than the user who has started it: its file has capabilities, or is
   * set-user-ID or set-group-ID.
   */
  readonly isElevated: boolean;
}

/** What other users of the host can do to a file: why and what to do about it, or undefined. */
export interface FileExposure {
  /** For instance `/etc/token can be read by everybody (chmod o-r /etc/token)`. */
  readonly readable: string | undefined;
  /** For instance `/etc belongs to user 1000 (chown root /etc)`. */
  readonly writable: string | undefined;
}

/** A library that is not loaded, because other users could have put it there. */
export class UnsafeLibraryError extends Error {
  override readonly name = "UnsafeLibraryError";
}

/** A running HTTP server of the runtime. */
export interface HttpServer {
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

/** How to serve HTTP. */
export interface ServeOptions {
  readonly hostname: string;
  readonly port: number;
  fetch(request: Request, remote: { readonly address: string }): Response | Promise<Response>;
  /** Called when connections could not be accepted. The server goes on by itself. */
  onFailure?(reason: string): void;
}

/**
 * Collection of garbage, on a runtime that does it far too late by itself
 * (docs/design/decisions/0021-garbage-by-order.md).
 */
export interface Garbage {
  /**
   * Collects the garbage of the thread that calls it, and gives its memory back to the system.
   * The thread waits for some ms.
   */
  collect(): void;
  /** Resident memory of the process, octets. */
  residentLen(): number;
}

/**
 * A folder of the process's user alone. A change of a file is whole, and on the disk when its call
 * resolves. Names are relative, and an error names the file: `Cannot write /x/a.json: ENOSPC`.
 */
export interface PrivateFolder {
  /** Absolute. */
  readonly path: string;
  /** Undefined if there is no such file. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Names of the files in a part. */
  list(part: string): Promise<readonly string[]>;
  /** A text that is another one when files have come to a part, or have gone. */
  version(part: string): Promise<string>;
  /** Makes a file with mode 0600; false if there is one. */
  create(name: string, octets: Uint8Array): Promise<boolean>;
  /** Makes a file, or replaces it. */
  replace(name: string, octets: Uint8Array): Promise<void>;
  /** False if there is none. */
  remove(name: string): Promise<boolean>;
}

/** The table of what a runtime offers. */
export interface Runtime {
  /** `deno 2.9.6`, `bun 1.4.5`. */
  readonly name: string;
  readonly args: readonly string[];
  /** How its user runs this program: `deno run gateway`, `bun gateway/main.ts`, `culvert`. */
  readonly program: string;
  readonly pid: number;
  /** Null if the runtime collects in time by itself. */
  readonly garbage: Garbage | null;
  readonly os: string;
  readonly cores: number;
  /** The environment, without what {@link ignoredVariables} names. */
  env(): Readonly<Record<string, string>>;
  /**
   * Variables of the gateway that are set but not obeyed: in a program with more rights than its
   * user, the environment must not name files or say whom to trust (as the loader ignores
   * LD_PRELOAD there).
   */
  ignoredVariables(): readonly string[];
  /** From here on, `fetch` uses no proxy. Call it before the first `fetch`. */
  forgetProxies(): void;
  exit(code: number): never;
  /** Runs `handler` at each `signal` (SIGTERM, SIGINT, SIGHUP). */
  onSignal(signal: "SIGTERM" | "SIGINT" | "SIGHUP", handler: () => void): void;
  /**
   * Writes to standard output, in the order of the calls. A reader that is slow or stuck keeps only
   * the result waiting, and nothing else of this process. Resolves to false if nobody reads it any
   * more: the text is then lost.
   *
   * @throws {Error} `Cannot write to standard output: ENOSPC`
   */
  stdout(text: string): Promise<boolean>;
  /**
   * Writes to standard error; only the result waits, as with {@link stdout}. Begin a call when the
   * one before it has ended.
   *
   * @returns How many octets were written: fewer than the text has if the rest cannot be written
   * now
   */
  stderr(text: string): Promise<number>;
  /** True if standard output is a terminal. */
  readonly isTerminal: boolean;
  columns(): number;
  rows(): number;
  readTextFile(path: string): Promise<string>;
  /**
   * Opens a folder for secrets, and makes what is missing of it and of its parts.
   *
   * @throws {Error} If it cannot be made, or other users may enter it
   */
  openPrivateFolder(path: string, parts: readonly string[]): Promise<PrivateFolder>;
  /** Writes a file with mode 0600; one that is there is replaced as a whole. */
  writePrivateFile(path: string, octets: Uint8Array): Promise<void>;
  /** Whether the process runs as root; false if that cannot be found out. */
  isRoot(): boolean;
  /** Finds out what other users of the host can do to a file. */
  exposureOf(path: string): FileExposure;
  /** Reads the committed core, from the checkout or the single binary. */
  readCore(variant: "relaxed" | "strict"): Promise<Uint8Array<ArrayBuffer>>;
  /** Reads the committed module for certificates, from the same place. */
  readPki(): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Reads a static file of the dashboard. Undefined if there is none. `name` is a plain file name.
   */
  readAsset(name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  startLaneWorker(): Worker;
  startIkeWorker(): Worker;
  /**
   * Opens libc.
   *
   * @throws {Error} If libc cannot be opened (not Linux, no permission for FFI)
   */
  openLibc(): Libc;
  mapMemory(memory: WebAssembly.Memory): MappedMemory;
  /** Where to look for the native engine's library. */
  engineLibraryPath(): string;
  /**
   * Opens the native engine's library.
   *
   * @throws {UnsafeLibraryError} If other users of the host can write to it or to its folders
   * @throws {Error} If it cannot be opened; the message is only the reason
   */
  openEngineLibrary(path: string): EngineLibrary;
  serveHttp(options: ServeOptions): Promise<HttpServer>;
  /**
   * Runs another program of the checkout on this runtime, with this process's outputs. Resolves
   * with its exit code.
   *
   * @throws {Error} In the single binary, or without the permission to run programs
   */
  runProgram(program: { readonly file: string; readonly args: readonly string[] }): Promise<number>;
  /** Monotonic milliseconds with a fraction. Threads may have different origins. */
  now(): number;
  random(octets: Uint8Array<ArrayBuffer>): void;
}
