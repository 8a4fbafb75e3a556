// Tests TUN devices and routes, each case in a network namespace of its own. All are skipped
// without the right to make one.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { CASES, UNPRIVILEGED } from "../../tests/support/programs/tun_device_program.ts";

const PROGRAM = fileURLToPath(
  new URL("../../tests/support/programs/tun_device_program.ts", import.meta.url),
);
const RUN = "Deno" in globalThis ? ["run", "--allow-all"] : ["run"];
const TIMEOUT_MS = 20_000;

const isPossible = spawnSync("unshare", ["--net", "test", "-c", "/dev/net/tun"]).status === 0;
const skip = isPossible ? false : "needs root and /dev/net/tun for a namespace with a TUN device";

for (const name of Object.keys(CASES)) {
  test(name, { skip }, () => {
    const drop = name === UNPRIVILEGED ? ["setpriv", "--bounding-set=-net_admin"] : [];
    const command = [...drop, process.execPath, ...RUN, PROGRAM, name];
    const { status, stderr } = spawnSync("unshare", ["--net", ...command], {
      encoding: "utf8",
      timeout: TIMEOUT_MS,
    });
    assert.equal(status, 0, stderr);
  });
}
