import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import {
  createFakeRuntime,
  type FakeRuntime,
  type FakeRuntimeOptions,
} from "../../tests/fakes/runtime.ts";
import { createFakeStart, type FakeStart } from "../../tests/fakes/start.ts";
import { openFakeState } from "../../tests/fakes/state.ts";
import { runCli } from "./main_cli.ts";

const KEY = "00112233445566778899aabbccddeeff01020304";

const SA_TABLE = `[[sa]]
spi = "0xc0ffee01"
direction = "inbound"
peer = "client-7"
aead = "aes-gcm-16"
keyMaterial = "${KEY}"
local = ["10.93.29.0/24"]
remote = ["10.93.30.7/32"]
`;

interface Served {
  readonly runtime: FakeRuntime;
  readonly start: FakeStart;
  readonly code: Promise<number>;
}

/** Starts `serve` and waits until it has printed that it listens. */
async function serve(
  args: readonly string[],
  options: FakeRuntimeOptions = {},
): Promise<Served> {
  const runtime = createFakeRuntime({ ...options, args });
  const start = createFakeStart();
  const code = runCli(runtime, { startGateway: start.startGateway, openState: openFakeState });
  await start.asked;
  await turns();
  return { runtime, start, code };
}

/** Lets everything run that waits for nothing outside. */
async function turns(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

test("serve says where it listens, once", async () => {
  const cases: readonly (readonly [readonly string[], string])[] = [
    [[], "listening tcp=127.0.0.1:4500 api=127.0.0.1:9329\n"],
    [
      ["--listen", "127.0.0.1:1", "--listen", "[::1]:2", "--api", "[::1]:0"],
      "listening tcp=127.0.0.1:1 tcp=[::1]:2 api=[::1]:40000\n",
    ],
    [["--api", "off"], "listening tcp=127.0.0.1:4500 api=off\n"],
    [
      ["--log-format", "json", "--listen", "[::1]:2"],
      '{"event":"listening","tcp":["[::1]:2"],"api":"127.0.0.1:9329"}\n',
    ],
  ];
  for (const [args, line] of cases) {
    const { runtime, code } = await serve(args);
    equal(runtime.printed.stdout, line);
    runtime.signal("SIGTERM");
    equal(await code, 0);
    equal(runtime.printed.stdout, line);
  }
});

test("serve drains on SIGTERM and on SIGINT, and answers until the end", async () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const { runtime, code } = await serve([]);
    const [server] = runtime.servers;
    ok(server !== undefined);
    const ask = (): Response | Promise<Response> => {
      return server.fetch(new Request("http://127.0.0.1:9329/readyz"), { address: "127.0.0.1" });
    };
    equal((await ask()).status, 200);
    runtime.signal(signal);
    equal((await ask()).status, 503);
    equal(await code, 0);
    ok(server.isClosed);
  }
});

test("serve takes a signal that comes while it starts", async () => {
  const runtime = createFakeRuntime();
  const start = createFakeStart({ isHeld: true });
  const code = runCli(runtime, { startGateway: start.startGateway, openState: openFakeState });
  await start.asked;
  runtime.signal("SIGTERM");
  start.release();
  equal(await code, 0);
});

test("serve ends with the code of a gateway that failed", async () => {
  const { runtime, start, code } = await serve([]);
  start.finish(1);
  equal(await code, 1);
  ok(runtime.servers[0]?.isClosed);
});

test("serve stops the gateway if its API cannot listen", async () => {
  const httpError = new Error("Cannot serve HTTP on 127.0.0.1:9329: EADDRINUSE");
  const runtime = createFakeRuntime({ httpError });
  const { startGateway } = createFakeStart();
  equal(await runCli(runtime, { startGateway, openState: openFakeState }), 1);
  deepEqual(runtime.printed, { stdout: "", stderr: `${httpError.message}\n` });
});

test("serve knows from the bound address whether a token is needed", async () => {
  const options = { files: { token: "s3cret" } };
  const { runtime, code } = await serve(
    ["--api", "0.0.0.0:9329", "--api-token-file", "token"],
    options,
  );
  const ask = async (headers: Record<string, string>): Promise<number> => {
    const request = new Request("http://127.0.0.1:9329/v1/status", { headers });
    return (await runtime.servers[0]?.fetch(request, { address: "192.0.2.1" }))?.status ?? 0;
  };
  equal(await ask({}), 401);
  equal(await ask({ authorization: "Bearer s3cret" }), 200);
  runtime.signal("SIGTERM");
  await code;
});

test("serve logs who changed what", async () => {
  const { runtime, code } = await serve(["--log-format", "json", "--ike", "off"]);
  const request = new Request("http://127.0.0.1:9329/v1/connections/7", { method: "DELETE" });
  await runtime.servers[0]?.fetch(request, { address: "127.0.0.5" });
  const [started = "", changed = ""] = runtime.printed.stderr.split("\n");
  equal(JSON.parse(started).event, "engine_chosen");
  const { at, ...line } = JSON.parse(changed);
  ok(!Number.isNaN(Date.parse(at)));
  deepEqual(line, {
    level: "info",
    event: "api_change",
    action: "connection_kick",
    target: "7",
    status: 204,
    remote: "127.0.0.5",
  });
  runtime.signal("SIGTERM");
  await code;
});

test("serve warns of SAs with fixed keys and prints no key", async () => {
  const files = { "culvert.toml": SA_TABLE };
  const flags = ["--config", "culvert.toml", "--unsafe-static-sas"];
  const { runtime, start, code } = await serve(flags, { files });
  equal(start.started[0]?.config.staticSas.length, 1);
  match(runtime.printed.stderr, / warn +unsafe_static_sas sas=1 reason="Keys that come back .*"\n/);
  runtime.signal("SIGHUP");
  await turns();
  runtime.signal("SIGTERM");
  await code;
  ok(!`${runtime.printed.stdout}${runtime.printed.stderr}`.includes(KEY.slice(0, 8)));
});

test("serve names [[sa]] tables that differ in any member, and prints no key", async () => {
  const unchanged = `unsafe_static_sas = true\n${SA_TABLE}`;
  const other = KEY.replace("0011", "1100");
  const changes: readonly (readonly [string, string])[] = [
    ["c0ffee01", "c0ffee02"],
    ["inbound", "outbound"],
    ["client-7", "client-8"],
    [KEY, other],
    ["10.93.29.0/24", "10.93.28.0/24"],
    ["10.93.30.7", "10.93.30.8"],
    ["local", "esn = true\nlocal"],
    ["local", "replayWindow = 64\nlocal"],
    ["local", "softPackets = 1\nlocal"],
    ["local", "hardPackets = 1\nlocal"],
    ["local", "hardOctets = 1\nlocal"],
    ["local", "hardSeconds = 1\nlocal"],
    ["local", "initialSequence = 1\nlocal"],
  ];
  const files = { "culvert.toml": unchanged };
  const { runtime, start, code } = await serve(["--config", "culvert.toml"], { files });
  // The install wipes the keys too, so a reload cannot compare them.
  for (const { spec } of start.started[0]?.config.staticSas ?? []) spec.keyMaterial.fill(0);
  const reloadWith = async (file: string): Promise<string> => {
    files["culvert.toml"] = file;
    runtime.signal("SIGHUP");
    await turns();
    return runtime.printed.stderr.trimEnd().split("\n").at(-1) ?? "";
  };
  match(await reloadWith(unchanged), / info +reloaded$/);
  for (const [from, to] of changes) {
    match(await reloadWith(unchanged.replace(from, to)), / warn +reloaded kept=sa$/, to);
  }
  runtime.signal("SIGTERM");
  equal(await code, 0);
  for (const key of [KEY, other]) ok(!runtime.printed.stderr.includes(key.slice(0, 8)));
});

test("serve reads the file on a SIGHUP that comes while it starts", async () => {
  const files: Record<string, string> = { "culvert.toml": 'log_level = "info"\n' };
  const runtime = createFakeRuntime({ args: ["--config", "culvert.toml"], files });
  const start = createFakeStart({ isHeld: true });
  const code = runCli(runtime, { startGateway: start.startGateway, openState: openFakeState });
  await start.asked;
  files["culvert.toml"] = "lanes = 2\n";
  runtime.signal("SIGHUP");
  await turns();
  start.release();
  await turns();
  match(runtime.printed.stderr, / warn +reloaded kept=lanes\n/);
  runtime.signal("SIGTERM");
  equal(await code, 0);
});

test("of two reloads under way the later one wins, whichever ends first", async () => {
  const answers: ((text: string) => void)[] = [];
  const runtime = createFakeRuntime({ args: ["--config", "culvert.toml"] });
  const readTextFile = (): Promise<string> => new Promise((resolve) => void answers.push(resolve));
  const start = createFakeStart();
  const code = runCli({ ...runtime, readTextFile }, {
    startGateway: start.startGateway,
    openState: openFakeState,
  });
  answers[0]?.('log_level = "info"\n');
  await start.asked;
  await turns();
  const ends = (): string => runtime.printed.stderr.trimEnd().split("\n").at(-1) ?? "";
  runtime.signal("SIGHUP");
  runtime.signal("SIGHUP");
  await turns();
  equal(answers.length, 3);
  answers[2]?.("lanes = 3\n");
  await turns();
  match(ends(), / warn +reloaded kept=lanes$/);
  answers[1]?.('log_level = "error"\nesp_audit = "off"\n');
  await turns();
  match(ends(), / info +reload_overtaken$/);
  ok(start.started[0]?.auditsEsp());
  // One that fails leaves the way free for the one before it.
  runtime.signal("SIGHUP");
  runtime.signal("SIGHUP");
  await turns();
  answers[4]?.("nonsense\n");
  await turns();
  match(ends(), / error +reload_failed /);
  answers[3]?.('esp_audit = "off"\n');
  await turns();
  match(ends(), / info +reloaded$/);
  ok(!start.started[0]?.auditsEsp());
  runtime.signal("SIGTERM");
  equal(await code, 0);
});

test("serve finds no change in another order or spelling", async () => {
  const second = SA_TABLE.replace("c0ffee01", "c0ffee02").replace(KEY, KEY.replace("00", "ff"));
  const one = SA_TABLE.replace('["10.93.29.0/24"]', '["10.93.29.0/24", "2001:db8::/64"]');
  const files = {
    "culvert.toml": 'listen = ["127.0.0.1:1", "[::1]:2"]\nesp_audit = "on"\n' +
      `inner = ["echo:10.0.0.1", "echo:fd00::1"]\nunsafe_static_sas = true\n${one}${second}`,
  };
  const { runtime, code } = await serve(["--config", "culvert.toml"], { files });
  const other = SA_TABLE.replace("c0ffee01", "C0FFEE01").replace(
    '["10.93.29.0/24"]',
    '["2001:DB8:0::/64", "10.93.29.0/24"]',
  );
  files["culvert.toml"] = 'listen = ["[0::1]:2", "127.0.0.1:01"]\nesp_audit = true\n' +
    `inner = ["echo:FD00:0::1", "echo:10.0.0.1"]\nunsafe_static_sas = "YES"\n${second}${other}`;
  runtime.signal("SIGHUP");
  await turns();
  match(runtime.printed.stderr, / info +reloaded\n$/);
  runtime.signal("SIGTERM");
  equal(await code, 0);
});

test("serve reads the file again on SIGHUP, and names what it cannot change", async () => {
  const files: Record<string, string> = {
    "culvert.toml": 'lanes = 1\napi_token_file = "token"\n',
    token: "first",
  };
  const { runtime, start, code } = await serve(["--config", "culvert.toml"], { files });
  const drainWith = async (token: string): Promise<number> => {
    const headers = { authorization: `Bearer ${token}` };
    const request = new Request("http://localhost/v1/drain", { method: "POST", headers });
    return (await runtime.servers[0]?.fetch(request, { address: "" }))?.status ?? 0;
  };
  files["culvert.toml"] =
    'lanes = 2\ninner_mtu = 1300\nlog_level = "error"\napi_token_file = "token"\n';
  files["token"] = "second";
  runtime.signal("SIGHUP");
  await turns();
  equal(await drainWith("first"), 401);
  equal(await drainWith("second"), 202);
  const reloads = (): number => runtime.printed.stderr.split(" reloaded ").length - 1;
  match(runtime.printed.stderr, / warn +reloaded kept="inner_mtu,lanes"\n/);
  equal(reloads(), 1);
  files["culvert.toml"] = 'lanes = 3\nlog_level = "info"\napi_token_file = "token"\n';
  runtime.signal("SIGHUP");
  await turns();
  equal(reloads(), 1, "at level error a warning is not logged");
  files["culvert.toml"] = "lanes = x\n";
  runtime.signal("SIGHUP");
  await turns();
  match(runtime.printed.stderr, / error +reload_failed reason="culvert\.toml:1: not TOML: .*"\n$/);
  files["culvert.toml"] = "";
  runtime.signal("SIGHUP");
  await turns();
  match(runtime.printed.stderr, / warn +reloaded kept=api_token_file\n$/);
  equal(await drainWith("second"), 202);
  equal(start.started.length, 1);
  runtime.signal("SIGTERM");
  equal(await code, 0);
});

test("serve warns of files that others can read or write, again at SIGHUP", async () => {
  const files = { "culvert.toml": 'api_token_file = "token"\n', token: "s3cret" };
  const exposures = {
    "culvert.toml": { readable: "all read the file", writable: "all write the file" },
    token: { readable: "all read the token", writable: undefined },
  };
  const args = ["--config", "culvert.toml", "--unsafe-static-sas"];
  const { runtime, code } = await serve(args, { files, exposures });
  const warned = (): string[] =>
    [...runtime.printed.stderr.matchAll(/ warn +unsafe_file reason="(.*)"\n/g)].map(([, why]) =>
      String(why)
    );
  // A file without keys is no secret.
  deepEqual(warned(), ["all read the token", "all write the file"]);
  files["culvert.toml"] += SA_TABLE;
  runtime.signal("SIGHUP");
  await turns();
  deepEqual(warned().slice(2), [
    "all read the token",
    "all read the file",
    "all write the file",
  ]);
  runtime.signal("SIGTERM");
  await code;
});

test("serve logs which variables a program with more rights does not obey", async () => {
  const ignored = ["CULVERT_ENGINE_LIBRARY", "CULVERT_CONFIG"];
  const { runtime, code } = await serve(["--config", "culvert.toml"], {
    ignored,
    files: { "culvert.toml": "" },
  });
  match(
    runtime.printed.stderr,
    / warn +variables_ignored names="CULVERT_ENGINE_LIBRARY,CULVERT_CONFIG"\n/,
  );
  runtime.signal("SIGTERM");
  await code;
});

test("serve does not go on without the file or token that an ignored variable names", async () => {
  const cases = [["CULVERT_CONFIG", "--config"], ["CULVERT_API_TOKEN_FILE", "--api-token-file"]];
  for (const [variable = "", flag = ""] of cases) {
    const runtime = createFakeRuntime({ ignored: [variable] });
    const { startGateway } = createFakeStart();
    equal(await runCli(runtime, { startGateway }), 2);
    equal(
      runtime.printed.stderr,
      `${variable}: this program has more rights than the user who starts it: ` +
        `give ${flag} instead\n`,
    );
  }
});

test("serve warns if a library was left aside that others can write", async () => {
  const runtime = createFakeRuntime({ args: ["--log-level", "warn"] });
  const start = createFakeStart({ engine: { isLibraryUnsafe: true } });
  const code = runCli(runtime, { startGateway: start.startGateway, openState: openFakeState });
  await start.asked;
  await turns();
  match(runtime.printed.stderr, / warn +engine_chosen engine=wasm-fake reason="there is no other"/);
  runtime.signal("SIGTERM");
  equal(await code, 0);
});
