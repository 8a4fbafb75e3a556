import { deepEqual, equal, notEqual, ok, rejects } from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { tempFolder } from "../../tests/support/temp.ts";
import { openPrivateFolder } from "./private_folder.ts";

const PROGRAM = fileURLToPath(
  new URL("../../tests/support/programs/folder_program.ts", import.meta.url),
);
const COMMAND = process.versions.bun === undefined
  ? [process.execPath, "run", "--allow-all", PROGRAM]
  : [process.execPath, PROGRAM];

const skip = spawnSync("unshare", ["--mount", "true"]).status === 0
  ? false
  : "needs root for a mount";

test("a folder and its files are for their user alone", async () => {
  const path = join(tempFolder(), "a/b");
  const folder = await openPrivateFolder(path, ["part"]);
  equal(folder.path, path);
  ok(await folder.create("part/one", Uint8Array.of(1)));
  await folder.replace("two", Uint8Array.of(2));
  deepEqual([path, `${path}/part`].map(modeOf), [0o700, 0o700]);
  deepEqual([`${path}/part/one`, `${path}/two`].map(modeOf), [0o600, 0o600]);
  deepEqual(await folder.list("part"), ["one"]);
  deepEqual(await folder.read("two"), Uint8Array.of(2));
  equal(await folder.read("three"), undefined);
});

test("a folder that others may enter is refused", async () => {
  const path = tempFolder();
  chmodSync(path, 0o750);
  await rejects(
    openPrivateFolder(path, []),
    new RegExp(`^Error: Cannot use ${path}: other users may enter it \\(chmod 700 ${path}\\)$`),
  );
});

test("a file is made once, whoever else makes it at the same time", async () => {
  const folder = await openPrivateFolder(join(tempFolder(), "x"), []);
  const makers = Array.from({ length: 20 }, (_, at) => folder.create("one", Uint8Array.of(at)));
  const made = await Promise.all(makers);
  equal(made.filter((isMade) => isMade).length, 1);
  deepEqual(await folder.read("one"), Uint8Array.of(made.findIndex((isMade) => isMade)));
  deepEqual(readdirSync(folder.path), ["one"]);
  ok(await folder.remove("one"));
  ok(!await folder.remove("one"));
});

test("a version tells of files that come and go", async () => {
  const folder = await openPrivateFolder(join(tempFolder(), "x"), ["part"]);
  utimesSync(join(folder.path, "part"), 1000, 1000);
  const before = await folder.version("part");
  equal(await folder.version("part"), before);
  await folder.create("part/one", Uint8Array.of(1));
  notEqual(await folder.version("part"), before);
});

test("what a process left unfinished is cleared away, and is no file before", async () => {
  const folder = await openPrivateFolder(join(tempFolder(), "x"), []);
  for (const name of [".new-old-1", ".new-young-2"]) writeFileSync(join(folder.path, name), "half");
  utimesSync(join(folder.path, ".new-old-1"), 1000, 1000);
  deepEqual(await folder.list(""), []);
  await openPrivateFolder(folder.path, []);
  deepEqual(readdirSync(folder.path), [".new-young-2"]);
});

test("a process that is killed leaves a whole file", { timeout: 120_000 }, async () => {
  const path = join(tempFolder(), "x");
  for (let kills = 0; kills < 5; kills++) {
    const [file = "", ...args] = [...COMMAND, "replace", path];
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "exit");
    let rounds = 0;
    for await (const chunk of child.stdout) {
      rounds += String(chunk).split("\n").length - 1;
      if (rounds > 3 + kills) break;
    }
    child.kill("SIGKILL");
    await ended;
    const octets = await (await openPrivateFolder(path, [])).read("file");
    equal(octets?.length, 200_000);
    ok(octets?.every((octet) => octet === octets[0]));
  }
});

test("a full disk changes nothing, and says so", { skip, timeout: 60_000 }, () => {
  const script = 'mount -t tmpfs -o size=64k,mode=700 none "$0" && "$@"';
  mounted(script, "full", tempFolder());
});

test("a read-only folder is read, and says that it cannot be written", { skip }, async () => {
  const path = join(tempFolder(), "x");
  await (await openPrivateFolder(path, [])).replace("file", Uint8Array.of(1, 2, 3));
  mounted('mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && "$@"', "read-only", path);
});

function mounted(script: string, what: string, path: string): void {
  const command = ["--mount", "sh", "-c", script, path, ...COMMAND, what, path];
  const { status, stderr } = spawnSync("unshare", command, { encoding: "utf8", timeout: 60_000 });
  equal(status, 0, stderr);
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}
