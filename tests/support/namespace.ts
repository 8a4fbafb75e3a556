// Cases that need a network of their own: each runs by name, as a program of its own in a fresh
// network namespace.

import { equal } from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

/** Cases by name; a case holds if it resolves. */
export type Cases = Readonly<Record<string, () => Promise<void>>>;

const RUN = process.versions.bun === undefined ? ["run", "--allow-all"] : ["run"];
const TIMEOUT_MS = 40_000;

/**
 * Registers a test for each case of `program`. Without the right to make a namespace with a TUN,
 * all are skipped.
 */
export function testInNamespace(program: URL, cases: Cases): void {
  const skip = isPossible() ? false : "needs root, iproute2 and /dev/net/tun for a namespace";
  for (const name of Object.keys(cases)) {
    test(name, { skip, timeout: TIMEOUT_MS }, () => {
      const command = ["--net", process.execPath, ...RUN, fileURLToPath(program), name];
      const { status, stderr } = spawnSync("unshare", command, {
        encoding: "utf8",
        timeout: TIMEOUT_MS,
      });
      equal(status, 0, stderr);
    });
  }
}

/** The program's side: runs the case that the command line names, and ends with 0 if it holds. */
export async function runCase(cases: Cases): Promise<never> {
  const name = process.argv[2] ?? "";
  try {
    const run = cases[name];
    if (run === undefined) throw new RangeError(`No such case: ${name}`);
    ip("link", "set", "lo", "up");
    await run();
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  }
}

/** From here on new devices have no IPv6. Else the host's own multicast would come out of them. */
export function silenceHost(): void {
  writeFileSync("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
}

/** Runs `ip` and returns its output. */
export function ip(...args: readonly string[]): string {
  return execFileSync("ip", args, { encoding: "utf8" });
}

function isPossible(): boolean {
  return spawnSync("unshare", ["--net", "ip", "link", "set", "lo", "up"]).status === 0 &&
    spawnSync("test", ["-c", "/dev/net/tun"]).status === 0;
}
