// `deno task build:wasm`: builds both variants of the core and their manifest into `ts-bindings`.

import { say } from "./run.ts";
import { buildCore, VARIANTS } from "./wasm/build.ts";
import { buildPki, PKI_FILE } from "./wasm/pki.ts";
import { BINDINGS, manifestOf, wasmName } from "./wasm/manifest.ts";
import { findToolchain } from "./wasm/toolchain.ts";

const toolchain = await findToolchain();
const built = await buildCore(toolchain);
const manifest = await manifestOf(built, toolchain.versions);
for (const variant of VARIANTS) {
  await Deno.writeFile(`${BINDINGS}/${wasmName(variant)}`, built[variant].wasm);
  const { octets, sha256 } = manifest.variants[variant];
  say(`${wasmName(variant)}  ${octets} octets  sha256 ${sha256}`);
}
await Deno.writeTextFile(`${BINDINGS}/esp.d.ts`, built.relaxed.types);
await Deno.writeTextFile(`${BINDINGS}/manifest.json`, JSON.stringify(manifest, null, 2) + "\n");

const pki = await buildPki(toolchain);
await Deno.writeFile(`${BINDINGS}/${PKI_FILE}`, pki.wasm);
await Deno.writeTextFile(`${BINDINGS}/pki.json`, JSON.stringify(pki.manifest, null, 2) + "\n");
say(`${PKI_FILE}  ${pki.manifest.octets} octets  sha256 ${pki.manifest.sha256}`);
