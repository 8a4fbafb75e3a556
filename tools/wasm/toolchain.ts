// Finds the Rust that builds the core, and installs the two programs that turn it into a module:
// wasm-pack and wasm-bindgen.
//
// The standard library is built together with the core, because atomics need that. So the compiler
// must have its library's sources. Debian's `rustc-web` is preferred, because the committed core
// was made with it; a rustup toolchain is the alternative.

import { capture, exists, run, tryCapture } from "../run.ts";

const WASM_PACK_VERSION = "0.15.1";
const WASM_BINDGEN_VERSION = "0.2.130";

/** A compiler, its linker, and the versions that identify both. */
export interface Toolchain {
  /** Folder that holds `rustc` and `cargo`; first on `PATH`. */
  readonly binFolder: string | undefined;
  /** Folder above the sources of the standard library. */
  readonly sysroot: string;
  /** Program name of the linker; `undefined` for the compiler's own. */
  readonly linker: string | undefined;
  /** Versions by tool, as the manifest lists them. */
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * Finds a Rust that can build the core.
 *
 * @throws {Error} If there is none; the message says what to install
 */
export async function findToolchain(): Promise<Toolchain> {
  const found = await _debianToolchain() ?? await _defaultToolchain();
  if (found !== undefined) return found;
  throw new Error(
    "Cannot build the core: no Rust with the sources of its standard library; " +
      'run "apt-get install rustc-web cargo-web rust-web-src lld-22" (Debian) ' +
      'or "rustup component add rust-src"',
  );
}

/** Folder for the tools' own programs and builds, outside any checkout. */
export function cacheFolder(): string {
  const home = Deno.env.get("HOME") ?? "/";
  return `${Deno.env.get("XDG_CACHE_HOME") ?? `${home}/.cache`}/culvert`;
}

/**
 * Installs wasm-pack and wasm-bindgen if they are missing, which takes minutes. Returns their
 * folders.
 */
export async function installWasmTools(toolchain: Toolchain): Promise<string[]> {
  // wasm-bindgen-cli is built without its lock file, because that names a crate that registries no
  // longer have.
  const bindgen = await _install("wasm-bindgen-cli", WASM_BINDGEN_VERSION, {
    program: "wasm-bindgen",
    toolchain,
    isLocked: false,
  });
  const pack = await _install("wasm-pack", WASM_PACK_VERSION, {
    program: "wasm-pack",
    toolchain,
    isLocked: true,
  });
  return [bindgen, pack];
}

/** `PATH` with `folders` and the toolchain's own folder in front. */
export function searchPath(toolchain: Toolchain, folders: readonly string[]): string {
  const own = toolchain.binFolder === undefined ? [] : [toolchain.binFolder];
  return [...folders, ...own, Deno.env.get("PATH") ?? ""].join(":");
}

async function _debianToolchain(): Promise<Toolchain | undefined> {
  const isThere = await exists(`/usr/${LIBRARY}/Cargo.toml`) && await exists("/usr/bin/cargo");
  const linker = await tryCapture(["wasm-ld-22", "--version"]);
  if (!isThere || linker === undefined) return undefined;
  return {
    binFolder: "/usr/bin",
    sysroot: "/usr",
    linker: "wasm-ld-22",
    versions: { rustc: await capture(["/usr/bin/rustc", "--version"]), linker, ...TOOL_VERSIONS },
  };
}

async function _defaultToolchain(): Promise<Toolchain | undefined> {
  const sysroot = await tryCapture(["rustc", "--print", "sysroot"]);
  if (sysroot === undefined || !await exists(`${sysroot}/${LIBRARY}/Cargo.toml`)) return undefined;
  const rustc = await capture(["rustc", "--version"]);
  return {
    binFolder: undefined,
    sysroot,
    linker: undefined,
    versions: { rustc, linker: "rust-lld of the same rustc", ...TOOL_VERSIONS },
  };
}

async function _install(
  crate: string,
  version: string,
  { program, toolchain, isLocked }: InstallOptions,
): Promise<string> {
  const root = `${cacheFolder()}/${crate}-${version}`;
  if (!await exists(`${root}/bin/${program}`)) {
    const locked = isLocked ? ["--locked"] : [];
    await run(["cargo", "install", crate, "--version", version, "--root", root, ...locked], {
      env: { PATH: searchPath(toolchain, []), CARGO_TARGET_DIR: `${cacheFolder()}/target` },
    });
  }
  return `${root}/bin`;
}

interface InstallOptions {
  readonly program: string;
  readonly toolchain: Toolchain;
  readonly isLocked: boolean;
}

const LIBRARY = "lib/rustlib/src/rust/library";

const TOOL_VERSIONS = { "wasm-pack": WASM_PACK_VERSION, "wasm-bindgen": WASM_BINDGEN_VERSION };
