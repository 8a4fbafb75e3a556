import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createFakeRuntime, type FakeRuntime } from "../../tests/fakes/runtime.ts";
import { runProgram } from "../../tests/support/program.ts";
import { tempFolder } from "../../tests/support/temp.ts";
import { readProfile } from "../config/profile.ts";
import { runCli } from "./main_cli.ts";

async function run(
  args: readonly string[],
  before?: FakeRuntime,
): Promise<FakeRuntime & { readonly code: number }> {
  const runtime = createFakeRuntime({
    args: ["profile", ...args],
    environment: { HOME: "/srv" },
  });
  for (const [name, octets] of before?.state ?? []) runtime.state.set(name, octets);
  return { ...runtime, code: await runCli(runtime) };
}

const SERVER = ["--server", "vpn.example.net"];

test("profile makes a client once, and writes the same profile again", async () => {
  const first = await run(["laptop", ...SERVER]);
  equal(first.code, 0);
  equal(first.printed.stderr, "made client laptop\n");
  const profile = readProfile("profile", first.printed.stdout);
  equal(profile.server.text, "vpn.example.net:4500");
  match(profile.serverId, /^culvert-[0-9a-f]{16}$/);
  deepEqual([...first.state.keys()], ["server.json", "clients/laptop.json"]);
  const again = await run(["laptop", ...SERVER], first);
  deepEqual([again.code, again.printed.stderr], [0, ""]);
  equal(again.printed.stdout, first.printed.stdout);
  const other = await run(["laptop", ...SERVER, "--format", "libreswan"], first);
  ok(other.printed.stdout.includes(`PSK "${new TextDecoder().decode(profile.psk ?? undefined)}"`));
});

test("profile writes a file, and nothing of it to its outputs", async () => {
  const { code, printed, written } = await run(["laptop", ...SERVER, "--out", "laptop.toml"]);
  deepEqual([code, printed.stdout, printed.stderr], [0, "", "made client laptop\n"]);
  equal(readProfile("profile", written.get("laptop.toml") ?? "").server.host, "vpn.example.net");
});

test("profile knows where the gateway was last reached", async () => {
  const runtime = createFakeRuntime();
  const server = { id: "gw.example.net", address: "192.0.2.1:443", inner: "10.93.29.1" };
  runtime.state.set("server.json", new TextEncoder().encode(JSON.stringify(server)));
  const { printed } = await run(["laptop"], runtime);
  const profile = readProfile("profile", printed.stdout);
  deepEqual([profile.server.text, profile.serverId, profile.inner?.text], [
    "192.0.2.1:443",
    "gw.example.net",
    "10.93.29.1",
  ]);
  deepEqual(profile.remote?.map(({ text }) => text), ["10.93.29.1/32"]);
  const wide = await run(["laptop", "--remote", "10.1.0.0/16", "--remote", "fd00::/64"], runtime);
  const { remote } = readProfile("profile", wide.printed.stdout);
  deepEqual(remote?.map(({ text }) => text), ["10.1.0.0/16", "fd00::/64"]);
});

const wrong: readonly (readonly [readonly string[], RegExp])[] = [
  [["Laptop"], /^culvert profile: NAME must be 1 to 63 of a-z, 0-9 and . - _/],
  [["../x", ...SERVER], /^culvert profile: NAME must be/],
  [["laptop"], /^--server: is needed, because no gateway has run with \S+ on one address\n$/],
  [["laptop", "--server", "a b"], /^--server: must look like/],
  [["laptop", ...SERVER, "--remote", "10.0.0.1/8"], /^--remote: must have no bits set/],
  [["laptop", ...SERVER, "--format", "word"], /^--format: must be one of culvert, strongswan/],
  [["laptop", ...SERVER, "--format", "windows"], /^--format: windows takes no shared secret/],
  [["laptop", ...SERVER, "--out", ""], /^--out: must be the path of a file/],
  [["laptop", ...SERVER, "--state-dir", ""], /^--state-dir: must not be empty/],
];
for (const [args, problem] of wrong) {
  test(`profile ${args.join(" ")} is asked wrongly, and makes no client`, async () => {
    const { code, printed, state } = await run(
      args.includes("--state-dir") ? args : [
        ...args,
        "--state-dir",
        "/srv/state",
      ],
    );
    equal(code, 2);
    match(printed.stderr, problem);
    deepEqual([...state.keys()].filter((name) => name !== "server.json"), []);
  });
}

test("the program writes a profile that its user alone can read", { timeout: 60_000 }, async () => {
  const folder = tempFolder();
  const out = join(folder, "laptop.toml");
  const dir = join(folder, "state");
  const { code, stdout, stderr } = await runProgram(
    ["profile", "laptop", ...SERVER, "--out", out],
    { env: { CULVERT_STATE_DIR: dir }, timeoutMs: 40_000 },
  );
  deepEqual([code, stdout, stderr], [0, "", "made client laptop\n"]);
  equal(statSync(out).mode & 0o777, 0o600);
  const { psk } = JSON.parse(readFileSync(join(dir, "clients/laptop.json"), "utf8"));
  ok(readFileSync(out, "utf8").includes(`psk = "${psk}"`));
});
