// The native engine: a library that runs the AEAD step of a whole batch in the core's memory
// (native-engine).
//
// The shell installs and removes keys; lanes run batches. The library declines a batch if it lacks
// the key of one of its jobs: it does not have the AEAD, or the SA is being installed or removed at
// this moment. A declined batch is unchanged, and the core runs all of it.

import type { Core } from "../../ts-bindings/core.ts";
import { LAYOUT_FINGERPRINT } from "../../ts-bindings/layout.ts";
import type { EngineLibrary, MappedMemory, Runtime } from "../runtime/types.ts";

/** Octets of a WebAssembly page. */
const PAGE_LEN = 65_536;

/** What a lane gets so that it can use an attached memory in its own thread. */
export interface NativeHandle {
  readonly path: string;
  readonly handle: number;
}

/**
 * A lane's side. Call the library's symbols where they are used: otherwise Deno would not make a
 * fast call.
 */
export interface NativeBatches {
  readonly library: EngineLibrary;
  readonly handle: number;
}

/** The shell's side. */
export interface NativeEngine {
  readonly handle: NativeHandle;
  /**
   * Installs the key of SA `sa` from the specification in the block at `block`, and wipes it there.
   *
   * @returns false if the library does not have the AEAD
   */
  install(block: number, sa: number): boolean;
  /** Wipes the key of an SA. On return no batch uses it. Does nothing if there is no key. */
  remove(sa: number): void;
  /** Opens the batch in the block at `block`. False if it is left to the core. */
  open(block: number): boolean;
  /** Seals the batch in the block at `block`. False if it is left to the core. */
  seal(block: number): boolean;
  /** Wipes all keys and detaches the memory. Idempotent. */
  close(): void;
}

/** A library, and the core's memory to attach to it. */
export interface NativeOptions {
  readonly runtime: Pick<Runtime, "openEngineLibrary">;
  readonly path: string;
  readonly memory: WebAssembly.Memory;
  readonly mapped: MappedMemory;
}

/**
 * Loads the library and attaches a memory of the core to it.
 *
 * @throws {Error} If the library is not there, is of another build, or takes no more memories; the
 *   message is only the reason
 */
export function openNativeEngine(options: NativeOptions): NativeEngine {
  const { path, memory, mapped } = options;
  const library = loadEngine(options.runtime, path);
  const pages = memory.buffer.byteLength / PAGE_LEN;
  const handle = library.culvert_engine_attach(mapped.at(0), pages);
  if (handle === 0) throw new Error(`${path} takes no more memories`);
  return {
    handle: { path, handle },
    install: (block, sa) => library.culvert_engine_install(handle, block, sa) === 1,
    remove: (sa) => void library.culvert_engine_remove(handle, sa),
    open: (block) => library.culvert_engine_open(handle, block) === 1,
    seal: (block) => library.culvert_engine_seal(handle, block) === 1,
    close: () => void library.culvert_engine_detach(handle),
  };
}

/**
 * Lets this thread use a memory that the shell has attached.
 *
 * @throws {Error} As `loadEngine`
 */
export function joinNativeEngine(
  runtime: Pick<Runtime, "openEngineLibrary">,
  { path, handle }: NativeHandle,
): NativeBatches {
  return { library: loadEngine(runtime, path), handle };
}

/**
 * Loads the library. Loading it again is cheap.
 *
 * @throws {Error} If it is not there or is of another build; the message is only the reason
 */
export function loadEngine(
  runtime: Pick<Runtime, "openEngineLibrary">,
  path: string,
): EngineLibrary {
  const library = runtime.openEngineLibrary(path);
  if (library.culvert_engine_fingerprint() >>> 0 === LAYOUT_FINGERPRINT) return library;
  throw new Error(`${path} is of another build`);
}

/** Makes a whole sentence of the reason why a library cannot be used. */
export function engineError(error: unknown): Error {
  const reason = error instanceof Error ? error.message : String(error);
  return new Error(`Cannot use engine native: ${reason}`, { cause: error });
}

/** Where a batch is, and what may run its AEAD. */
export interface BatchPlace {
  readonly core: Core;
  readonly index: number;
  readonly tables: { readonly block: number };
  readonly native: NativeBatches | null;
}

/** Opens the lane's jobs in place, natively if possible (inbound step 6). */
export function openJobs({ core, index, tables, native }: BatchPlace): void {
  if (native !== null && native.library.culvert_engine_open(native.handle, tables.block) === 1) {
    return;
  }
  core.inbound_open(index);
}

/** Seals the lane's jobs into the transmit ring, natively if possible. */
export function sealJobs({ core, index, tables, native }: BatchPlace): void {
  if (native !== null && native.library.culvert_engine_seal(native.handle, tables.block) === 1) {
    return;
  }
  core.outbound_seal(index);
}
