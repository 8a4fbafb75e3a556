// The environment, and what of it is obeyed.

import process from "node:process";
import { engineLibraryPath } from "./files.ts";
import type { Runtime } from "./types.ts";

type Environment = Pick<
  Runtime,
  "env" | "ignoredVariables" | "forgetProxies" | "engineLibraryPath"
>;

/**
 * Opens the environment. A program that has more rights than its user ignores what would name files
 * for it or say whom to trust.
 */
export function openEnvironment(isElevated: () => boolean): Environment {
  let elevated: boolean | undefined;

  function obeys(name: string): boolean {
    if (!UNTRUSTED.has(name)) return true;
    elevated ??= isElevated();
    return !elevated;
  }

  function env(): Readonly<Record<string, string>> {
    return Object.fromEntries(entries().filter(([name]) => obeys(name)));
  }

  return {
    env,
    ignoredVariables: () => entries().map(([name]) => name).filter((name) => !obeys(name)),
    forgetProxies,
    engineLibraryPath: () => engineLibraryPath(env()),
  };
}

const UNTRUSTED: ReadonlySet<string> = new Set([
  "CULVERT_API_TOKEN_FILE",
  "CULVERT_CONFIG",
  "CULVERT_DUMPABLE",
  "CULVERT_ENGINE_LIBRARY",
  "CULVERT_PSK_FILE",
  "CULVERT_STATE_DIR",
  "CULVERT_UNSAFE_STATIC_SAS",
]);

/** The runtimes would send requests there, to loopback addresses too, with the API's token. */
const PROXIES = ["http_proxy", "https_proxy", "all_proxy"];

function forgetProxies(): void {
  for (const name of PROXIES) {
    delete process.env[name];
    delete process.env[name.toUpperCase()];
  }
  process.env.no_proxy = "*";
  process.env.NO_PROXY = "*";
}

function entries(): (readonly [string, string])[] {
  return Object.entries(process.env).filter((entry): entry is [string, string] =>
    entry[1] !== undefined
  );
}
