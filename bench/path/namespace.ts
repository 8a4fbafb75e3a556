// Runs the bench in a network namespace of its own, for a quiet loopback and for a TUN that leaves
// the host's network alone. Without permission to create one, it runs where it is.

import { execFileSync, spawnSync } from "node:child_process";
import process from "node:process";

/**
 * Runs this program again inside a new namespace and returns its exit code. Returns undefined if
 * this process should go on.
 */
export function enterNamespace(file: string, args: readonly string[]): number | undefined {
  if (process.env[INSIDE] !== undefined) {
    execFileSync("ip", ["link", "set", "lo", "up"]);
    return undefined;
  }
  if (spawnSync("unshare", ["--net", "ip", "link", "show"]).status !== 0) return undefined;
  const flags = process.versions.bun === undefined ? ["run", "--allow-all"] : [];
  const command = ["--net", process.execPath, ...flags, file, ...args];
  const env = { ...process.env, [INSIDE]: "1" };
  return spawnSync("unshare", command, { stdio: "inherit", env }).status ?? 1;
}

const INSIDE = "CULVERT_BENCH_NAMESPACE";
