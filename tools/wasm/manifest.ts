// The manifest beside the committed core: its sources, the tools that built it, and the results.

import { projectFiles, ROOT } from "../run.ts";
import { type BuiltCore, compilerFlags, type Variant } from "./build.ts";

/** Content of `ts-bindings/manifest.json`. */
export interface Manifest {
  /** Versions of the tools, by name. */
  readonly tools: Readonly<Record<string, string>>;
  /** SHA-256 over paths and contents of the sources. */
  readonly sources: string;
  readonly variants: Readonly<Record<Variant, ManifestVariant>>;
}

export interface ManifestVariant {
  readonly file: string;
  readonly octets: number;
  readonly sha256: string;
  readonly flags: readonly string[];
}

export const BINDINGS: string = `${ROOT}/ts-bindings`;

/** Reads the committed manifest. */
export async function readManifest(): Promise<Manifest> {
  return JSON.parse(await Deno.readTextFile(`${BINDINGS}/manifest.json`));
}

/** The manifest of a build. */
export async function manifestOf(
  built: Readonly<Record<Variant, BuiltCore>>,
  tools: Readonly<Record<string, string>>,
): Promise<Manifest> {
  return {
    tools,
    sources: await hashSources(),
    variants: {
      relaxed: await _describe("relaxed", built.relaxed),
      strict: await _describe("strict", built.strict),
    },
  };
}

/** One digest over all files that affect a crate's octets. Tests are left out. */
export async function hashSources(crate: "wasm-core" | "wasm-pki" = "wasm-core"): Promise<string> {
  const paths = await projectFiles(
    "Cargo.toml",
    "Cargo.lock",
    `${crate}/Cargo.toml`,
    `${crate}/build.rs`,
    `${crate}/src`,
  );
  const lines = await Promise.all(
    paths.sort().map(async (path) =>
      `${await sha256(await Deno.readFile(`${ROOT}/${path}`))}  ${path}\n`
    ),
  );
  return sha256(new TextEncoder().encode(lines.join("")));
}

/** File name of a variant. */
export function wasmName(variant: Variant): string {
  return `esp.${variant}.wasm`;
}

/** SHA-256 in hex. */
export async function sha256(octets: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", octets)).toHex();
}

async function _describe(variant: Variant, { wasm }: BuiltCore): Promise<ManifestVariant> {
  return {
    file: wasmName(variant),
    octets: wasm.length,
    sha256: await sha256(wasm),
    flags: compilerFlags(variant),
  };
}
