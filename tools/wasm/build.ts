// Builds both variants of the core with wasm-pack, so that the same tools give the same octets on
// every machine.
//
// For that, paths of the checkout, of the crate registry and of the standard library are replaced
// in the compiler's output, and versions come from `Cargo.lock`.

import { ROOT, run } from "../run.ts";
import { cacheFolder, installWasmTools, searchPath, type Toolchain } from "./toolchain.ts";

export type Variant = "relaxed" | "strict";

export const VARIANTS: readonly Variant[] = ["relaxed", "strict"];

/** The output of wasm-pack for one variant. */
export interface BuiltCore {
  readonly wasm: Uint8Array<ArrayBuffer>;
  /** TypeScript types of the exports. */
  readonly types: string;
}

/** Compiler flags of a variant that affect its octets, without the path replacements. */
export function compilerFlags(variant: Variant): string[] {
  const features = variant === "relaxed" ? [...FEATURES, "+relaxed-simd"] : FEATURES;
  return [
    "-Ctarget-feature=" + features.join(","),
    ...LINK_ARGS.map((arg) => `-Clink-arg=${arg}`),
  ];
}

/**
 * Builds every variant in a target folder of its own, so that a second build compiles only what
 * changed.
 */
export async function buildCore(toolchain: Toolchain): Promise<Record<Variant, BuiltCore>> {
  const path = searchPath(toolchain, await installWasmTools(toolchain));
  const [relaxed, strict] = await Promise.all([
    _buildVariant("relaxed", toolchain, path),
    _buildVariant("strict", toolchain, path),
  ]);
  if (relaxed.types !== strict.types) {
    throw new Error("Cannot use the two cores: their exports differ");
  }
  return { relaxed, strict };
}

async function _buildVariant(
  variant: Variant,
  toolchain: Toolchain,
  path: string,
): Promise<BuiltCore> {
  const out = await Deno.makeTempDir({ prefix: "culvert-wasm-" });
  const flags = compilerFlags(variant);
  try {
    // "force" skips wasm-pack's search for a precompiled standard library. Ours is built here, with
    // atomics.
    await run(
      ["wasm-pack", "build", "wasm-core", "--release", "--target", "web", "--mode", "force"]
        .concat("--no-opt", "--no-pack", "--out-name", "esp", "--out-dir", out, "--", "--locked"),
      { env: buildEnvironment(toolchain, { path, name: `core-${variant}`, flags }) },
    );
    return {
      wasm: await Deno.readFile(`${out}/esp_bg.wasm`),
      types: await Deno.readTextFile(`${out}/esp_bg.wasm.d.ts`),
    };
  } finally {
    await Deno.remove(out, { recursive: true });
  }
}

/** A build of a module. */
export interface Build {
  /** `PATH` of the tools. */
  readonly path: string;
  /** The target folder, so that a second build compiles only what changed. */
  readonly name: string;
  readonly flags: readonly string[];
}

/** Variables for a build with the standard library in it. */
export function buildEnvironment(
  toolchain: Toolchain,
  { path, name, flags }: Build,
): Record<string, string> {
  const linker = toolchain.linker === undefined
    ? {}
    : { CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: toolchain.linker };
  return {
    ...linker,
    PATH: path,
    // Building the standard library is an unstable feature of cargo.
    RUSTC_BOOTSTRAP: "1",
    CARGO_UNSTABLE_BUILD_STD: "std,panic_abort",
    CARGO_ENCODED_RUSTFLAGS: [...flags, ..._remaps(toolchain)].join("\x1f"),
    CARGO_TARGET_DIR: targetFolder(name),
    CARGO_TERM_COLOR: "never",
  };
}

/** Where the build of a name has its results. */
export function targetFolder(name: string): string {
  return `${Deno.env.get("CARGO_TARGET_DIR") ?? `${ROOT}/target`}/${name}`;
}

/** If several prefixes match, the last one wins. */
function _remaps(toolchain: Toolchain): string[] {
  const home = Deno.env.get("HOME") ?? "/";
  const cargoHome = Deno.env.get("CARGO_HOME") ?? `${home}/.cargo`;
  return [
    [ROOT, "/culvert"],
    [cacheFolder(), "/cache"],
    [cargoHome, "/cargo"],
    [toolchain.sysroot === "/usr" ? "/usr/lib/rustlib" : toolchain.sysroot, "/rust"],
  ].map(([from, to]) => `--remap-path-prefix=${from}=${to}`);
}

const FEATURES = ["+atomics", "+bulk-memory", "+mutable-globals", "+simd128", "-reference-types"];

/**
 * The memory is imported and shared. wasm-bindgen needs the named exports to give each thread its
 * stack.
 */
const LINK_ARGS = [
  "--shared-memory",
  "--import-memory",
  "--max-memory=4294967296",
  "--export=__wasm_init_tls",
  "--export=__tls_size",
  "--export=__tls_align",
  "--export=__tls_base",
  "--export=__heap_base",
  "--export=__stack_pointer",
];
