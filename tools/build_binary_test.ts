import assert from "node:assert/strict";
import {
  type ChildProcessWithoutNullStreams,
  spawn,
  spawnSync,
  type SpawnSyncReturns,
} from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from "node:fs";
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
  chmodSync(folder, 0o755);
  // Bun would load these before the program; the binary must not.
  writeFileSync(join(folder, "bunfig.toml"), 'preload = ["./none.ts"]\n');
  for (const name of [".env", ".env.local", ".env.production"]) {
    writeFileSync(join(folder, name), "CULVERT_ENGINE=none\n");
  }
  writeFileSync(join(folder, "tsconfig.json"), "none");
  writeFileSync(join(folder, "package.json"), "none");
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
  const state = join(folder, "state");
  const where = ["--listen", "127.0.0.1:0", "--api", "off", "--state-dir", state];
  const args = ["serve", ...where, "--lanes", "2"];
  const child = spawn(binary, args, { cwd: folder });
  assert.match(await firstOutput(child), /^listening tcp=127\.0\.0\.1:\d+ api=off\n$/);
  process.kill(child.pid ?? 0, "SIGTERM");
  assert.deepEqual(await once(child, "exit"), [0, null]);
});

test("the binary runs nothing else and opens no debugger, whatever the environment says", () => {
  const other = join(folder, "other.js");
  const trace = join(folder, "ran");
  writeFileSync(other, `require("node:fs").writeFileSync(${JSON.stringify(trace)}, "");\n`);
  const cases = [
    { BUN_OPTIONS: `--preload ${other}` },
    { BUN_OPTIONS: `-r ${other}` },
    { BUN_OPTIONS: `--config=${join(folder, "bunfig.toml")}` },
    { BUN_OPTIONS: "--inspect=127.0.0.1:none" },
    { BUN_BE_BUN: "1" },
    { BUN_INSPECT: "ws://127.0.0.1:none/" },
    { BUN_INSPECT: "ws://127.0.0.1:none/", BUN_INSPECT_PRELOAD: other },
    { BUN_INSPECT_CONNECT_TO: "none" },
    { BUN_BYTECODE_ORDER_OUT: trace, BUN_BYTECODE_DIGEST_OUT: trace },
    { NODE_OPTIONS: `--require ${other}` },
  ];
  for (const variables of cases) {
    const { status, stdout, stderr } = spawnSync(binary, ["version"], {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, ...variables },
    });
    const what = JSON.stringify(variables);
    assert.deepEqual([status, stderr], [0, ""], what);
    assert.match(stdout, /^culvert /, what);
    assert.ok(!existsSync(trace), what);
  }
});

const NO_CAPABILITIES = process.getuid?.() === 0 && spawnSync("setcap", ["-h"]).error === undefined
  ? false
  : "needs root and setcap";

test("with file capabilities the binary obeys its user less", { skip: NO_CAPABILITIES }, () => {
  const granted = join(folder, "granted");
  copyFileSync(binary, granted);
  chmodSync(granted, 0o755);
  const set = spawnSync("setcap", ["cap_net_bind_service+ep", granted], { encoding: "utf8" });
  assert.equal(set.status, 0, set.stderr);
  const own = join(folder, "own");
  mkdirSync(own);
  const library = join(own, "libculvert_engine.so");
  writeFileSync(library, "");
  for (const path of [own, library]) chownSync(path, NOBODY, NOBODY);
  const ask = (args: readonly string[], env: Record<string, string>): SpawnResult =>
    spawnSync(granted, args, { cwd: own, encoding: "utf8", env, uid: NOBODY, gid: NOBODY });

  const named = ask(["version"], { CULVERT_ENGINE_LIBRARY: library });
  assert.match(named.stderr, /^Ignored, because .*: CULVERT_ENGINE_LIBRARY\n$/);
  assert.match(named.stdout, / \(no native engine: \S+\/libculvert_engine.so is not there\)\n/);
  assert.ok(!named.stdout.includes(own), named.stdout);

  // Beside the binary, a library of the user's is not trusted either.
  copyFileSync(library, join(folder, "libculvert_engine.so"));
  chownSync(join(folder, "libculvert_engine.so"), NOBODY, NOBODY);
  const beside = ask(["version"], {});
  assert.match(beside.stdout, /is not safe to load: \S+ belongs to user 65534 \(chown root /);
  rmSync(join(folder, "libculvert_engine.so"));

  const configured = ask(["serve"], { CULVERT_CONFIG: join(own, "culvert.toml") });
  assert.equal(configured.status, 2);
  assert.match(configured.stderr, /^CULVERT_CONFIG: this program has more rights .*--config/);
});

test("without capabilities an own library is opened", { skip: NO_CAPABILITIES }, () => {
  const library = join(folder, "own/libculvert_engine.so");
  const { stdout } = spawnSync(binary, ["version"], {
    encoding: "utf8",
    env: { CULVERT_ENGINE_LIBRARY: library },
    uid: NOBODY,
    gid: NOBODY,
  });
  // It is empty, which only somebody who has opened it can tell.
  assert.match(stdout, /libculvert_engine.so: .*file too short/i);
});

/** A user without rights (Debian). */
const NOBODY = 65_534;

type SpawnResult = SpawnSyncReturns<string>;

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
