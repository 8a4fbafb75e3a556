// `deno task check:core` and `check:wasm`: check that the committed core and the committed module
// for certificates match their sources.
//
// Both check that files and sources are those of the manifests, and that each module keeps to its
// budget. With `--rebuild` (check:wasm) both are built again and compared octet by octet, if the
// tools are those of the manifests. If the tools differ, the difference is printed and does not
// count as a failure.

import { complain, say } from "./run.ts";
import { buildCore, VARIANTS } from "./wasm/build.ts";
import { BINDINGS, hashSources, readManifest, sha256, wasmName } from "./wasm/manifest.ts";
import { buildPki, PKI_FILE, readPkiManifest } from "./wasm/pki.ts";
import { findToolchain, type Toolchain } from "./wasm/toolchain.ts";

/** Most octets of a module. */
const OCTETS_MAX = 262_144;

const manifest = await readManifest();
const pki = await readPkiManifest();
const problems = [...await _compareFiles(), ...await _comparePki()];
if (problems.length === 0 && Deno.args.includes("--rebuild")) {
  const toolchain = await findToolchain();
  problems.push(...await _rebuild(toolchain), ...await _rebuildPki(toolchain));
}
for (const problem of problems) complain(problem);
if (problems.length > 0) {
  complain('What is committed is stale: run "deno task build:wasm" and commit ts-bindings');
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
    found.push(...await _compareFile(wasmName(variant), manifest.variants[variant].sha256));
  }
  return found;
}

async function _comparePki(): Promise<string[]> {
  const found = await _compareFile(PKI_FILE, pki.sha256);
  if (await hashSources("wasm-pki") !== pki.sources) {
    found.push("ts-bindings/pki.json: the sources of wasm-pki have changed since it was built");
  }
  return found;
}

async function _compareFile(name: string, digest: string): Promise<string[]> {
  const wasm = await Deno.readFile(`${BINDINGS}/${name}`);
  const found: string[] = [];
  if (await sha256(wasm) !== digest) found.push(`ts-bindings/${name}: differs from the manifest`);
  if (wasm.length > OCTETS_MAX) {
    found.push(`ts-bindings/${name}: ${wasm.length} octets, at most ${OCTETS_MAX}`);
  }
  return found;
}

async function _rebuild(toolchain: Toolchain): Promise<string[]> {
  const built = await buildCore(toolchain);
  const found: string[] = [];
  for (const variant of VARIANTS) {
    const digest = await sha256(built[variant].wasm);
    found.push(..._compareDigest(wasmName(variant), digest, manifest.variants[variant].sha256));
  }
  return _unlessToolsDiffer(found, toolchain.versions, manifest.tools);
}

async function _rebuildPki(toolchain: Toolchain): Promise<string[]> {
  const built = await buildPki(toolchain);
  const found = _compareDigest(PKI_FILE, built.manifest.sha256, pki.sha256);
  return _unlessToolsDiffer(found, built.manifest.tools, pki.tools);
}

function _compareDigest(name: string, digest: string, committed: string): string[] {
  say(`${name}: ${digest === committed ? "the same octets" : `now sha256 ${digest}`}`);
  if (digest === committed) return [];
  return [`ts-bindings/${name}: a rebuild gives different octets`];
}

type Versions = Readonly<Record<string, string>>;

function _unlessToolsDiffer(found: string[], here: Versions, committed: Versions): string[] {
  const different = Object.entries(here)
    .filter(([tool, version]) => committed[tool] !== version)
    .map(([tool, version]) => `${tool} is "${version}", the manifest has "${committed[tool]}"`);
  if (different.length === 0) return found;
  say(`Not compared, because the tools differ: ${different.join("; ")}`);
  return [];
}
