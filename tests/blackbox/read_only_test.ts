// The gateway of a checkout that its user may not write to: root's, or a read-only mount.

import { equal, match } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { tempFolder } from "../support/temp.ts";

const FILES = ["gateway", "ts-bindings", "deno.json", "deno.lock", "package.json"];

/** Makes the folder read-only for the command that follows, even for root. */
const READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && cd "$0" && "$@"';

const skip = process.versions.bun !== undefined
  ? "Bun installs nothing by itself"
  : spawnSync("unshare", ["--mount", "true"]).status === 0
  ? false
  : "needs root for a mount";

test("README.md: `deno run --node-modules-dir=none gateway` writes nothing there", { skip }, () => {
  const folder = tempFolder();
  for (const file of FILES) {
    const from = fileURLToPath(new URL(`../../${file}`, import.meta.url));
    cpSync(from, `${folder}/${file}`, { recursive: true });
  }
  const command = [process.execPath, "run", "--node-modules-dir=none", "gateway", "version"];
  // The copy has no native engine, whichever engine the suite is run with.
  const env = { ...process.env, CULVERT_ENGINE: "auto" };
  const { status, stdout, stderr } = spawnSync(
    "unshare",
    ["--mount", "sh", "-c", READ_ONLY, folder, ...command],
    { encoding: "utf8", timeout: 60_000, env },
  );
  equal(status, 0, stderr);
  match(stdout, /^culvert \d/);
});
