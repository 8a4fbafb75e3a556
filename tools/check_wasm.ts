// `deno task check:core` and `check:wasm`: check that the committed core matches its sources.
//
// Both check that its files and its sources are those of the manifest, and that each variant keeps
// to its budget. With `--rebuild` (check:wasm) the core is built again and compared octet by octet,
// if the tools are those of the manifest. If the tools differ, the difference is printed and does
// not count as a failure.

import { complain, say } from "./run.ts";
import { buildCore, VARIANTS } from "./wasm/build.ts";
import { BINDINGS, hashSources, readManifest, sha256, wasmName } from "./wasm/manifest.ts";
import { findToolchain } from "./wasm/toolchain.ts";

/** Most octets of a variant. */
const OCTETS_MAX = 262_144;

const manifest = await readManifest();
const problems = await _compareFiles();
if (problems.length === 0 && Deno.args.includes("--rebuild")) problems.push(...await _rebuild());
for (const problem of problems) complain(problem);
if (problems.length > 0) {
  complain('The committed core is stale: run "deno task build:wasm" and commit ts-bindings');
  Deno.exit(1);
}

async function _compareFiles(): Promise<string[]> {
  const found: string[] = [];
  if (await hashSources() !== manifest.sources) {
    found.push(
      "ts-bindings/manifest.json: the sources of the core have changed since it was built",
    );
  }
  for (const variant of VARIANTS) {
    const wasm = await Deno.readFile(`${BINDINGS}/${wasmName(variant)}`);
    if (await sha256(wasm) !== manifest.variants[variant].sha256) {
      found.push(`ts-bindings/${wasmName(variant)}: differs from the manifest`);
    }
    if (wasm.length > OCTETS_MAX) {
      found.push(`ts-bindings/${wasmName(variant)}: ${wasm.length} octets, at most ${OCTETS_MAX}`);
    }
  }
  return found;
}

async function _rebuild(): Promise<string[]> {
  const toolchain = await findToolchain();
  const built = await buildCore(toolchain);
  const different = Object.entries(toolchain.versions)
    .filter(([tool, version]) => manifest.tools[tool] !== version)
    .map(([tool, version]) =>
      `${tool} is "${version}", the manifest has "${manifest.tools[tool]}"`
    );
  const found: string[] = [];
  for (const variant of VARIANTS) {
    const digest = await sha256(built[variant].wasm);
    const isSame = digest === manifest.variants[variant].sha256;
    say(`${wasmName(variant)}: ${isSame ? "the same octets" : `now sha256 ${digest}`}`);
    if (!isSame) found.push(`ts-bindings/${wasmName(variant)}: a rebuild gives different octets`);
  }
  if (different.length === 0) return found;
  say(`Not compared, because the tools differ: ${different.join("; ")}`);
  return [];
}
