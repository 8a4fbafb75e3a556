// The state directory of a real gateway, and the commands beside it.

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readProfile } from "../../gateway/config/profile.ts";
import { CLIENTS } from "../../gateway/model/client.ts";
import { startGateway, stopCleanly } from "../support/gateway.ts";
import { runProgram } from "../support/program.ts";
import { tempFolder } from "../support/temp.ts";
import { settle } from "../support/wait.ts";

const TIMEOUT_MS = 90_000;

function inside(dir: string): string[] {
  return ["--ike", "inside", "--state-dir", dir];
}

function newDir(): string {
  return join(tempFolder(), "state");
}

test("a gateway makes its state, and profile knows it", { timeout: TIMEOUT_MS }, async () => {
  const dir = newDir();
  const gateway = await startGateway(inside(dir));
  const names = ["client.toml", "clients", "lock", "server.json", "tickets.json"];
  deepEqual(readdirSync(dir).toSorted(), names);
  for (const name of ["", "clients"]) equal(statSync(join(dir, name)).mode & 0o777, 0o700);
  for (const name of names.filter((one) => one !== "clients")) {
    equal(statSync(join(dir, name)).mode & 0o777, 0o600);
  }
  const { code, stdout } = await runProgram(["profile", "laptop", "--state-dir", dir], {
    timeoutMs: 40_000,
  });
  equal(code, 0);
  const profile = readProfile("profile", stdout);
  const [tcp] = gateway.tcp;
  equal(profile.server.text, `${tcp?.host}:${tcp?.port}`);
  equal(profile.inner?.text, "10.93.29.1");
  const seen = await settle(
    async () => CLIENTS.parse(await gateway.api.get("/v1/clients")),
    ({ clients }) => clients.length === 2,
  );
  deepEqual(seen.clients.map(({ name }) => name), ["client", "laptop"]);
  ok(!gateway.program.stderr().includes(new TextDecoder().decode(profile.psk ?? undefined)));
  await stopCleanly(gateway);
  const again = await startGateway(inside(dir));
  const { id } = JSON.parse(readFileSync(join(dir, "server.json"), "utf8"));
  equal(id, profile.serverId, "the identity stays");
  await stopCleanly(again);
});

test("a state is one gateway's until that one ends", { timeout: TIMEOUT_MS }, async () => {
  const dir = newDir();
  const gateway = await startGateway(inside(dir));
  const second = await serveOnce(dir);
  deepEqual(second, {
    code: 1,
    stderr: `Cannot use ${dir}: another gateway runs with it (--state-dir names another folder)\n`,
  });
  gateway.program.kill("SIGKILL");
  await gateway.program.exited;
  await stopCleanly(await startGateway(inside(dir)));
});

test("what is wrong with the state is one line", { timeout: TIMEOUT_MS }, async () => {
  const dir = newDir();
  await stopCleanly(await startGateway(inside(dir)));
  writeFileSync(join(dir, "leases.json"), "{");
  deepEqual(await serveOnce(dir), {
    code: 1,
    stderr: `Cannot read ${dir}/leases.json: it is damaged (restore it, or move it away)\n`,
  });
  equal(readFileSync(join(dir, "leases.json"), "utf8"), "{");
  const file = join(tempFolder(), "file");
  writeFileSync(file, "");
  const { code, stderr } = await serveOnce(file);
  equal(code, 1);
  match(stderr, /^Cannot make \S+\/file: E(NOTDIR|EXIST)\n$/);
});

const skip = spawnSync("unshare", ["--mount", "true"]).status === 0
  ? false
  : "needs root for a mount";

test("a read-only state ends the start", { skip, timeout: TIMEOUT_MS }, async () => {
  const dir = newDir();
  await stopCleanly(await startGateway(inside(dir)));
  const script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"';
  const { code, stderr } = await runProgram(["serve", "--listen", "127.0.0.1:0", ...inside(dir)], {
    runBy: ["unshare", "--mount", "sh", "-c", script, dir],
    timeoutMs: 40_000,
  });
  equal(code, 1);
  match(stderr, /^Cannot \w+ \S+: EROFS\n$/);
});

async function serveOnce(dir: string): Promise<{ code: number | null; stderr: string }> {
  const args = ["serve", "--listen", "127.0.0.1:0", "--api", "127.0.0.1:0", ...inside(dir)];
  const { code, stderr } = await runProgram(args, { timeoutMs: 40_000 });
  return { code, stderr };
}
