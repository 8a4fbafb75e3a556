// The native engine: a library that runs the AEAD step of a whole batch on the core's memory (native-engine).
//
// Keys are the shell's to give and to take; batches are the lanes'. A batch that the library leaves, whole and as it was, is the core's:
// one of its jobs has a key that the library lacks, because of its AEAD or because the SA comes or goes at this moment.

import type { Core } from "../../ts-bindings/core.ts";
import { LAYOUT_FINGERPRINT } from "../../ts-bindings/layout.ts";
import type { EngineLibrary, MappedMemory, Runtime } from "../runtime/types.ts";

/** Octets of a WebAssembly page. */
const PAGE_LEN = 65_536;

/** What a lane is sent, to use an attached memory in its own thread. */
export interface NativeHandle {
  readonly path: string;
  readonly handle: number;
}

/** A lane's side: the library's symbols, called where they are used, or Deno would leave its fast call. */
export interface NativeBatches {
  readonly library: EngineLibrary;
  readonly handle: number;
}

/** The shell's side. */
export interface NativeEngine {
  readonly handle: NativeHandle;
  /**
   * Takes the key of SA `sa` from the specification in the block at `block`, and wipes it there.
   *
   * @returns false if its AEAD is not one of the library's
   */
  install(block: number, sa: number): boolean;
  /** Wipes the key of an SA; on return no batch uses it. Without one, nothing happens. */
  remove(sa: number): void;
  /** Opens the batch in the block at `block`; false if it is left to the core. */
  open(block: number): boolean;
  /** Seals the batch in the block at `block`; false if it is left to the core. */
  seal(block: number): boolean;
  /** Wipes all keys and lets the memory go. Idempotent. */
  close(): void;
}

export interface NativeOptions {
  readonly runtime: Pick<Runtime, "openEngineLibrary">;
  readonly path: string;
  readonly memory: WebAssembly.Memory;
  readonly mapped: MappedMemory;
}

/**
 * Loads the library and attaches a memory of the core to it.
 *
 * @throws {Error} If it is not there, is of another build, or takes no more memories; the message is the reason alone
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

/** Makes a memory that the shell has attached usable in this thread. */
export function joinNativeEngine(
  runtime: Pick<Runtime, "openEngineLibrary">,
  { path, handle }: NativeHandle,
): NativeBatches {
  return { library: loadEngine(runtime, path), handle };
}

/**
 * Loads the library; again is free.
 *
 * @throws {Error} If it is not there or is of another build; the message is the reason alone
 */
export function loadEngine(
  runtime: Pick<Runtime, "openEngineLibrary">,
  path: string,
): EngineLibrary {
  const library = runtime.openEngineLibrary(path);
  if (library.culvert_engine_fingerprint() >>> 0 === LAYOUT_FINGERPRINT) return library;
  throw new Error(`${path} is of another build`);
}

/** The reason why a library cannot be had, as a whole sentence. */
export function engineError(error: unknown): Error {
  const reason = error instanceof Error ? error.message : String(error);
  return new Error(`Cannot use engine native: ${reason}`, { cause: error });
}

/** Where a batch is, and who may run its AEAD. */
export interface BatchPlace {
  readonly core: Core;
  readonly index: number;
  readonly tables: { readonly block: number };
  readonly native: NativeBatches | null;
}

/** Step 6 inbound: opens the lane's jobs in place, natively where that can be. */
export function openJobs({ core, index, tables, native }: BatchPlace): void {
  if (native !== null && native.library.culvert_engine_open(native.handle, tables.block) === 1) {
    return;
  }
  core.inbound_open(index);
}

/** Its mirror outbound: seals the lane's jobs into the transmit ring. */
export function sealJobs({ core, index, tables, native }: BatchPlace): void {
  if (native !== null && native.library.culvert_engine_seal(native.handle, tables.block) === 1) {
    return;
  }
  core.outbound_seal(index);
}
