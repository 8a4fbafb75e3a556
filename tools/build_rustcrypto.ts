// Builds RustCrypto's AEADs, rivals in bench/kernels, to WebAssembly: once with the flags of our
// own core, once without SIMD.
//
// The modules go to target/kernels; cargo rebuilds only what changed. Without a Rust that has the
// sources of its standard library, nothing is built and the bench leaves the rivals out.

import { complain, ROOT, run } from "./run.ts";
import { compilerFlags } from "./wasm/build.ts";
import { findToolchain, searchPath, type Toolchain } from "./wasm/toolchain.ts";

const OUT = `${ROOT}/target/kernels`;
const TARGET = "wasm32-unknown-unknown";

const toolchain = await findToolchain().catch((error: unknown) => {
  complain(`rustcrypto-wasm: ${error instanceof Error ? error.message : String(error)}`);
});
if (toolchain) {
  await Deno.mkdir(OUT, { recursive: true });
  const flags = compilerFlags("relaxed");
  await build(toolchain, "simd", flags);
  await build(toolchain, "scalar", flags.map(withoutSimd));
}

async function build(toolchain: Toolchain, name: string, flags: string[]): Promise<void> {
  const folder = `${Deno.env.get("CARGO_TARGET_DIR") ?? `${ROOT}/target`}/rustcrypto-${name}`;
  const linker = toolchain.linker === undefined
    ? {}
    : { CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: toolchain.linker };
  await run(
    ["cargo", "build", "--quiet", "--release", "--locked", "--target", TARGET]
      .concat("--manifest-path", `${ROOT}/bench/kernels/rustcrypto/Cargo.toml`),
    {
      env: {
        ...linker,
        PATH: searchPath(toolchain, []),
        RUSTC_BOOTSTRAP: "1",
        CARGO_UNSTABLE_BUILD_STD: "std,panic_abort",
        CARGO_ENCODED_RUSTFLAGS: flags.filter(isForAll).join("\x1f"),
        CARGO_TARGET_DIR: folder,
      },
    },
  );
  const built = `${folder}/${TARGET}/release/rustcrypto_kernels.wasm`;
  await Deno.copyFile(built, `${OUT}/rustcrypto-${name}.wasm`);
}

function withoutSimd(flag: string): string {
  return flag.replace(",+simd128", "").replace(",+relaxed-simd", "");
}

/**
 * Leaves out the exports that our core needs for wasm-bindgen, because this module does not have
 * them.
 */
function isForAll(flag: string): boolean {
  return !flag.startsWith("-Clink-arg=--export=");
}
