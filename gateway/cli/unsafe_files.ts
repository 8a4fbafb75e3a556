// Warnings about files that other users of the host can read or write.

import type { LoadedConfig } from "../config/load.ts";
import type { Runtime } from "../runtime/types.ts";

/**
 * The files of a configuration that others have a hand in, as reasons for the log: secrets that
 * they can read, and files by which they could change what the gateway does.
 */
export function unsafeFiles(
  runtime: Pick<Runtime, "exposureOf">,
  { config, file }: LoadedConfig,
): readonly string[] {
  const { apiTokenFile, ikeKey, pskFile, peers, staticSas } = config;
  const secrets = [apiTokenFile, ikeKey, pskFile, ...peers.map((peer) => peer.pskFile)];
  return [
    ...secrets.flatMap((path) => path === null ? [] : secretFaults(runtime, path)),
    ...file === undefined
      ? []
      : staticSas.length > 0
      ? secretFaults(runtime, file)
      : publicFaults(runtime, file),
  ];
}

/** What is wrong with a file that holds a secret. */
export function secretFaults(
  runtime: Pick<Runtime, "exposureOf">,
  path: string,
): readonly string[] {
  const { readable, writable } = runtime.exposureOf(path);
  return [readable, writable].filter((reason) => reason !== undefined);
}

function publicFaults(runtime: Pick<Runtime, "exposureOf">, path: string): readonly string[] {
  const { writable } = runtime.exposureOf(path);
  return writable === undefined ? [] : [writable];
}
