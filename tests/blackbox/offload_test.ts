// A TUN device that takes packets of many segments, each case in a network namespace of its own. Without the right to make one, all are skipped.

import { equal } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { CASES } from "./offload_cases.ts";

const PROGRAM = fileURLToPath(new URL("./offload_cases.ts", import.meta.url));
const RUN = process.versions.bun === undefined ? ["run", "--allow-all"] : ["run"];
const TIMEOUT_MS = 40_000;

const isPossible = spawnSync("unshare", ["--net", "ip", "link", "set", "lo", "up"]).status === 0 &&
  spawnSync("test", ["-c", "/dev/net/tun"]).status === 0;
const skip = isPossible
  ? false
  : "needs root, iproute2 and /dev/net/tun for a namespace with a TUN";

for (const name of Object.keys(CASES)) {
  test(name, { skip, timeout: TIMEOUT_MS }, () => {
    const command = ["--net", process.execPath, ...RUN, PROGRAM, name];
    const { status, stderr } = spawnSync("unshare", command, {
      encoding: "utf8",
      timeout: TIMEOUT_MS,
    });
    equal(status, 0, stderr);
  });
}
