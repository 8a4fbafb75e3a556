import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { createFakeRuntime, type FakeRuntimeOptions } from "../../tests/fakes/runtime.ts";
import { createFakeStart } from "../../tests/fakes/start.ts";
import type { GatewayConfig } from "../config/types.ts";
import type { TunnelNews } from "../shell/tunnel.ts";
import { runCli } from "./main_cli.ts";

const PROFILE = [
  'server = "vpn.example.net:4500"',
  'id = "laptop"',
  'server_id = "vpn.example.net"',
  'psk = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="',
  "",
].join("\n");

const FILES = { "p.toml": PROFILE, "psk": "0s//8=\n" };

interface Ended {
  readonly code: number;
  readonly stderr: string;
  readonly stdout: string;
  readonly config: GatewayConfig | undefined;
}

async function run(
  args: readonly string[],
  { news, ...options }: FakeRuntimeOptions & { readonly news?: TunnelNews } = {},
): Promise<Ended> {
  const runtime = createFakeRuntime({ files: FILES, ...options, args: ["connect", ...args] });
  const start = createFakeStart(news === undefined ? {} : { news });
  if (news === undefined) start.finish(0);
  const code = await runCli(runtime, { startGateway: start.startGateway });
  return { code, ...runtime.printed, config: start.started[0]?.config };
}

test("connect with a profile speaks IKE, and has no API unless it is asked for", async () => {
  const { code, config, stdout } = await run(["vpn.example.net", "--profile", "p.toml"]);
  equal(code, 0);
  equal(stdout, "connecting tcp=vpn.example.net:4500 api=off\n");
  equal(config?.client?.serverId, "vpn.example.net");
  equal(config.client.psk?.length, 32);
  deepEqual([config.api, config.inner], [null, { kind: "echo", addresses: [] }]);
  const asked = await run(["h", "--profile", "p.toml", "--api", "[::1]:0", "--inner", "tun:a"]);
  equal(asked.config?.api?.text, "[::1]:0");
  deepEqual(asked.config.inner, { kind: "tun", name: "a" });
});

test("the help of connect says when there is an API", async () => {
  const { stdout } = await run(["--help"]);
  match(stdout, /^ +--api .*\(default 127\.0\.0\.1:9329; off with IKE, as by --profile\)$/m);
});

test("connect takes by flags what stands in a profile", async () => {
  const args = ["h", "--id", "laptop", "--psk-file", "psk", "--server-id", "*.example.net"];
  const { config } = await run(args);
  deepEqual(config?.client, {
    localId: { type: 2, data: new TextEncoder().encode("laptop") },
    serverId: "*.example.net",
    psk: Uint8Array.of(255, 255),
    auth: { own: "psk", peer: "psk" },
    certificates: null,
    remote: null,
    inner: null,
  });
});

test("connect without either takes its SAs by the API, as before", async () => {
  const { config } = await run(["h"]);
  equal(config?.client, null);
  equal(config.api?.text, "127.0.0.1:9329");
});

test("a profile that others can read is refused, as ssh refuses a key", async () => {
  for (
    const args of [["--profile", "p.toml"], ["--id", "a", "--server-id", "b", "--psk-file", "psk"]]
  ) {
    const path = args.at(-1) ?? "";
    const readable = `/${path} can be read by everybody (chmod o-r /${path})`;
    const exposures = { [path]: { readable, writable: undefined } };
    const { code, stderr, config } = await run(["h", ...args], { exposures });
    deepEqual([code, stderr, config], [2, `${args.at(-2)}: ${readable}\n`, undefined]);
  }
});

test("a key that others can read is refused, wherever it is named", async () => {
  const files = {
    "/p/p.toml": 'server = "h"\nserver_id = "b"\nkey = "own.key"\ncert = "c"\npsk = "AA"\n',
  };
  const cases: readonly (readonly [readonly string[], string, string])[] = [
    [["--profile", "/p/p.toml"], "/p/own.key", "/p/p.toml: key"],
    [
      ["--server-id", "b", "--psk-file", "psk", "--cert", "c", "--key", "own.key"],
      "own.key",
      "--key",
    ],
  ];
  for (const [args, key, place] of cases) {
    const exposures = { [key]: { readable: "can be read", writable: undefined } };
    const options = { exposures, files: { ...FILES, ...files } };
    const { code, stderr } = await run(["h", ...args], options);
    deepEqual([code, stderr], [2, `${place}: can be read\n`]);
  }
});

test("what is missing or double ends with one line and code 2", async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [["--id", "a"], /^--server-id: is needed for IKE without --profile$/],
    [["--server-id", "a"], /^--id: is needed/],
    [["--id", "a", "--server-id", "b"], /^--psk-file: is missing: a secret, or a certificate/],
    [["--cert", "c"], /^--server-id: is needed/],
    [["--profile", "p.toml", "--ca", "c"], /^--ca: stands in the profile/],
    [["--profile", "p.toml", "--id", "a"], /^--id: stands in the profile/],
    [["--profile", "away"], /^--profile: Cannot read away: /],
    [["--profile"], /^--profile: must not be empty$/],
    [["--profile", "psk"], /^psk:1: not TOML: /],
    [["--id", "a b", "--psk-file", "psk", "--server-id", "b"], /^--id: must be an address/],
    [["--profile", "p.toml", "--inner", "echo:10.0.0.1"], /^--inner: must be tun:NAME here/],
  ];
  for (const [args, line] of cases) {
    const { code, stderr } = await run(["h", ...args]);
    equal(code, 2, args.join(" "));
    ok(stderr.endsWith("\n"));
    match(stderr.trimEnd(), line);
  }
});

test("a check tells what has failed in one line, without a log, and ends with 1", async () => {
  const fault = { reason: "dial", text: "Cannot connect to 127.0.0.1:4500: ECONNREFUSED" };
  const news = { kind: "failed", fault } as const;
  const args = ["h", "--profile", "p.toml", "--check"];
  const { code, stdout, stderr, config } = await run(args, { news });
  deepEqual([code, stdout, stderr], [1, "", `${fault.text}\n`]);
  equal(config?.logLevel, "error");
  const loud = await run([...args, "--log-level", "info"], { news });
  equal(loud.config?.logLevel, "info");
  match(loud.stderr, /engine_chosen/);
});

test("a check that a signal ends has not succeeded", async () => {
  const { code } = await run(["h", "--profile", "p.toml", "--check"]);
  equal(code, 1);
});

test("a check needs IKE and the echo host", async () => {
  const none = await run(["h", "--check"]);
  deepEqual([none.code, none.stderr], [2, "--id: is needed for IKE without --profile\n"]);
  const tun = await run(["h", "--profile", "p.toml", "--check", "--inner", "tun:a"]);
  equal(tun.code, 2);
  match(tun.stderr, /^--check: pings from the echo host/);
});
