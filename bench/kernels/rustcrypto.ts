// RustCrypto's crates in WebAssembly, one call for each batch: what a Rust programmer gets without
// writing kernels.

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Subject } from "../lib/record.ts";
import { type Batch, expectOctets, type Kernel } from "./kernel.ts";
import { AEADS, type Operation, SPI, TAG_LEN, type Workload } from "./workload.ts";

/** Exports of `rustcrypto/src/lib.rs`. */
interface Exports {
  arena(): number;
  key(): number;
  salt(): number;
  spi(): number;
  install(aead: number): void;
  seal(len: number, stride: number, count: number): void;
  open(len: number, stride: number, count: number): number;
}

/**
 * Loads a module that tools/build_rustcrypto.ts has built.
 *
 * @param name `simd` or `scalar`
 * @returns `undefined` if it has not been built
 */
export async function loadRustCrypto(
  subject: Subject,
  name: "simd" | "scalar",
): Promise<Kernel | undefined> {
  const path = fileURLToPath(
    new URL(`../../target/kernels/rustcrypto-${name}.wasm`, import.meta.url),
  );
  if (!existsSync(path)) return undefined;
  const module = await WebAssembly.compile(readFileSync(path));
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES_MAX, shared: true });
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  const exports = instance.exports as unknown as Exports;
  return {
    subject,
    prepare: (operation, workload) => {
      _install(exports, memory, workload);
      return _batch({ exports, memory }, operation, workload);
    },
  };
}

function _install(exports: Exports, memory: WebAssembly.Memory, workload: Workload): void {
  const u8 = new Uint8Array(memory.buffer);
  u8.set(workload.key, exports.key());
  u8.set(workload.salt, exports.salt());
  new DataView(memory.buffer).setUint32(exports.spi(), SPI);
  exports.install(AEADS.indexOf(workload.aead));
}

function _batch(
  { exports, memory }: { readonly exports: Exports; readonly memory: WebAssembly.Memory },
  operation: Operation,
  workload: Workload,
): Batch {
  const { octets, packets } = workload;
  const stride = Math.ceil((octets + TAG_LEN) / 64) * 64;
  const arena = new Uint8Array(memory.buffer, exports.arena(), stride * packets.length);
  const input = arena.slice();
  const output = arena.slice();
  packets.forEach(({ plain, sealed, tag }, at) => {
    const [before, after] = operation === "seal" ? [plain, sealed] : [sealed, plain];
    input.set(before, at * stride);
    output.set(after, at * stride);
    if (operation === "open") input.set(tag, at * stride + octets);
    output.set(tag, at * stride + octets);
  });
  let opened = packets.length;
  return {
    packets: packets.length,
    restore: () => arena.set(input),
    run: () => {
      if (operation === "seal") exports.seal(octets, stride, packets.length);
      else opened = exports.open(octets, stride, packets.length);
    },
    check: () => {
      if (opened !== packets.length) throw new Error(`Cannot trust RustCrypto: opened ${opened}`);
      packets.forEach((_, at) => {
        const [from, to] = [at * stride, at * stride + octets + TAG_LEN];
        expectOctets(arena.slice(from, to), output.slice(from, to), "RustCrypto's result");
      });
    },
  };
}

const PAGES = 128;

/** The same as in the link flags. */
const PAGES_MAX = 65_536;
