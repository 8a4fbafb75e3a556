// Files that come with the gateway, read from the checkout or from inside the single binary.

import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { EMBEDDED } from "./embedded.ts";

/** Entry module of a lane's worker thread. */
export const LANE_WORKER = "gateway/lane/worker.ts";

/** Entry module of the IKE worker's thread. */
export const IKE_WORKER = "gateway/ike_worker/worker.ts";

/** Name of the native engine's library. */
const ENGINE_LIBRARY = "libculvert_engine.so";

/** Folder of the dashboard's static files. */
export const ASSET_FOLDER = "gateway/dashboard";

/** Names of files for browsers. They have no folder, are not hidden, and are not our TypeScript. */
export const ASSET_NAME = /^[a-z0-9][a-z0-9_-]*\.(?:html|css|js|json|svg|ico|png|woff2)$/;

/** Path of the core's artifact in the repository. */
export function corePath(variant: "relaxed" | "strict"): string {
  return `ts-bindings/esp.${variant}.wasm`;
}

/** Reads the core's artifact. */
export async function readCore(variant: "relaxed" | "strict"): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(located(corePath(variant))));
}

/** Path of the module for certificates in the repository. */
export const PKI_PATH = "ts-bindings/pki.wasm";

/** Reads the module for certificates. */
export async function readPki(): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(located(PKI_PATH)));
}

/** Reads a static file of the dashboard. Undefined if there is none of that name. */
export async function readAsset(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (!ASSET_NAME.test(name)) return undefined;
  try {
    return new Uint8Array(await readFile(located(`${ASSET_FOLDER}/${name}`)));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * Where to look for the native engine's library: at the place the environment names, else beside
 * the single binary, or where cargo puts it in a checkout.
 */
export function engineLibraryPath(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const named = environment["CULVERT_ENGINE_LIBRARY"] ?? "";
  // A bare name would make the loader search the system's folders.
  if (named !== "") return resolve(named);
  if (isBinary()) return join(dirname(process.execPath), ENGINE_LIBRARY);
  return fileURLToPath(new URL(`../../target/release/${ENGINE_LIBRARY}`, import.meta.url));
}

/** Whether this is the single binary and not a checkout. */
export function isBinary(): boolean {
  return EMBEDDED[LANE_WORKER] !== undefined;
}

/** Starts the thread of a lane. */
export function startLaneWorker(): Worker {
  return new Worker(located(LANE_WORKER), { type: "module" });
}

/** Starts the thread of the IKE worker. */
export function startIkeWorker(): Worker {
  return new Worker(located(IKE_WORKER), { type: "module" });
}

/** The system's name of an error (`ENOENT`). Undefined if it has none. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

function located(path: string): string | URL {
  return EMBEDDED[path] ?? new URL(`../../${path}`, import.meta.url);
}
