// Builds the module for certificates (`wasm-pki`), and its manifest. It has no types of wasm-pack:
// its exports take and return numbers alone.

import { run } from "../run.ts";
import { buildEnvironment, targetFolder } from "./build.ts";
import { BINDINGS, hashSources, type ManifestVariant, sha256 } from "./manifest.ts";
import { searchPath, type Toolchain } from "./toolchain.ts";

/** Content of `ts-bindings/pki.json`. */
export interface PkiManifest extends ManifestVariant {
  /** Versions of the tools, by name. */
  readonly tools: Readonly<Record<string, string>>;
  /** SHA-256 over paths and contents of the sources. */
  readonly sources: string;
}

export const PKI_FILE = "pki.wasm";

/** Builds the module, with its manifest. */
export async function buildPki(
  toolchain: Toolchain,
): Promise<{ readonly wasm: Uint8Array<ArrayBuffer>; readonly manifest: PkiManifest }> {
  const path = searchPath(toolchain, []);
  await run(
    ["cargo", "build", "--locked", "--release", "--lib", "--target", TARGET, "-p", "culvert-pki"],
    { env: buildEnvironment(toolchain, { path, name: NAME, flags: FLAGS }) },
  );
  const wasm = await Deno.readFile(`${targetFolder(NAME)}/${TARGET}/release/culvert_pki.wasm`);
  const manifest = {
    tools: toolVersions(toolchain),
    sources: await hashSources("wasm-pki"),
    file: PKI_FILE,
    octets: wasm.length,
    sha256: await sha256(wasm),
    flags: FLAGS,
  };
  return { wasm, manifest };
}

/** The tools that a build here needs. */
export function toolVersions({ versions }: Toolchain): Record<string, string> {
  const { rustc = "", linker = "" } = versions;
  return { rustc, linker };
}

/** Reads the committed manifest. */
export async function readPkiManifest(): Promise<PkiManifest> {
  return JSON.parse(await Deno.readTextFile(`${BINDINGS}/pki.json`));
}

const NAME = "pki";
const TARGET = "wasm32-unknown-unknown";

/** It runs once for a peer, so it is built small. */
const FLAGS = ["-Copt-level=s", "-Cstrip=symbols", "-Clink-arg=--max-memory=67108864"];
