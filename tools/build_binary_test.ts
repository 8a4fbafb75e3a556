import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";

const ROOT = resolve(import.meta.dirname ?? ".", "..");
const BUN = join(ROOT, "node_modules/.bin/bun");

const folder = mkdtempSync(join(tmpdir(), "culvert-"));
const binary = join(folder, "culvert");

before(() => {
  const build = [join(ROOT, "tools/build_binary.ts"), binary];
  const { status, stderr } = spawnSync(BUN, build, { cwd: ROOT, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  // The Bun runtime would load this file before a program. The binary must not.
  writeFileSync(join(folder, "bunfig.toml"), 'preload = ["./none.ts"]\n');
});

after(() => rmSync(folder, { recursive: true }));

test("the binary tells its version from any folder", () => {
  const { status, stdout, stderr } = spawnSync(binary, ["version"], {
    cwd: folder,
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  assert.match(stdout, /bun/);
});

test("the binary serves with its lanes inside, and ends in order", async () => {
  const args = ["serve", "--listen", "127.0.0.1:0", "--api", "off", "--lanes", "2"];
  const child = spawn(binary, args, { cwd: folder });
  assert.match(await firstOutput(child), /^listening tcp=127\.0\.0\.1:\d+ api=off\n$/);
  process.kill(child.pid ?? 0, "SIGTERM");
  assert.deepEqual(await once(child, "exit"), [0, null]);
});

/**
 * The first text that a child prints. Rejects with its standard error if it ends without printing.
 */
function firstOutput(child: ChildProcessWithoutNullStreams): Promise<string> {
  let complaint = "";
  child.stderr.on("data", (text) => complaint += text);
  return new Promise((resolve, reject) => {
    child.stdout.once("data", (text) => resolve(String(text)));
    child.once(
      "close",
      (code) => reject(new Error(`Cannot serve: exit code ${code} ${complaint}`)),
    );
  });
}
