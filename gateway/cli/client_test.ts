import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { createFakeRuntime, type FakeRuntimeOptions } from "../../tests/fakes/runtime.ts";
import { createTestApi, post, type TestApi } from "../../tests/support/test_api.ts";
import type { GatewayStatus } from "../model/gateway_status.ts";
import { runCli } from "./main_cli.ts";

const SA = {
  spi: "0xc0ffee01",
  direction: "outbound",
  peer: "client-7",
  aead: "chacha20-poly1305",
  keyMaterial: "5a".repeat(36),
  local: ["10.93.29.0/24"],
  remote: ["10.93.30.7/32"],
};

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly asked: readonly Request[];
}

/** Runs a command against `api`. Without one, nobody answers. */
async function run(
  args: readonly string[],
  api: TestApi | undefined,
  options: FakeRuntimeOptions = {},
): Promise<Ended> {
  const runtime = createFakeRuntime({ ...options, args });
  const asked: Request[] = [];
  const code = await runCli(runtime, {
    fetch: async (request) => {
      asked.push(request);
      if (api === undefined) throw new TypeError("Cannot connect: refused");
      return await api.app.fetch(request);
    },
  });
  return { code, ...runtime.printed, asked };
}

test("status shows a gateway", async () => {
  const api = createTestApi();
  const { code, stdout, asked } = await run(["status"], api);
  equal(code, 0);
  equal(asked[0]?.url, "http://127.0.0.1:9329/v1/status");
  match(stdout, /^CULVERT +1\.2\.3$/m);
  match(stdout, /^state +serving$/m);
  match(stdout, /^up +1m1s$/m);
  match(stdout, /^connections +prefixed 1, enabled 2$/m);
  match(stdout, /^frames in +ike 4, esp 12$/m);
  match(stdout, /^octets out +esp 900$/m);
  match(stdout, /^ike delay +p50 ≤ 1ms, p90 ≤ 10ms, p99 ≤ 10ms$/m);
  match(stdout, /^send queue +p50 ≤ 1\.00k, p90 > 10\.0k, p99 > 10\.0k$/m);
  match(stdout, /^limits +connections 10000$/m);
  match(
    stdout,
    /^offloads +tunTcp on, tunUdp refused, upstreamUdpSegment off, upstreamUdpGro on$/m,
  );
  match(stdout, /^drops +unknown_spi 2$/m);
  match(stdout, /^ignored +keepalive 3$/m);
  api.gateway.drain();
  match((await run(["status"], api)).stdout, /^state +draining$/m);
  const json = await run(["status", "--json"], api);
  deepEqual(JSON.parse(json.stdout), await (await api.app.request("/v1/status")).json());
});

test("status says where clients come in, whether the daemon is there, and what is amiss", async () => {
  const api = createTestApi();
  const fixed = api.gateway.status();
  const rowsOf = async (status: Partial<GatewayStatus>): Promise<string[]> => {
    Object.assign(api.gateway, { status: () => ({ ...fixed, ...status }) });
    const { stdout } = await run(["status"], api);
    return stdout.split("\n").filter((line) => /^(state|listeners|upstream) /.test(line));
  };
  const listeners = "listeners    192.0.2.1:4500, [2001:db8::1]:4500";
  const [state, ways, upstream] = await rowsOf({});
  deepEqual([state, ways], ["state        serving", listeners]);
  match(upstream ?? "", /^upstream +127\.0\.0\.1:4500 up since \S+$/);
  const away = { ...fixed.upstream, state: "down", reason: "EPERM" } as GatewayStatus["upstream"];
  const [unready, , refused] = await rowsOf({ upstream: away, unready: ["upstream_refused"] });
  equal(unready, "state        not ready: upstream_refused");
  match(refused ?? "", /^upstream +127\.0\.0\.1:4500 down \(EPERM\) since \S+$/);
  const draining = await rowsOf({ upstream: null, draining: true, unready: ["draining"] });
  deepEqual(draining, ["state        draining", listeners, "upstream     none"]);
});

test("connections lists connections", async () => {
  const api = createTestApi();
  const { stdout } = await run(["connections"], api);
  match(stdout, /^ID +REMOTE +STATE +AGE/);
  match(stdout, /^ 7 +192\.0\.2\.7:49152 +enabled .* 1200 +900 +0 +0\.3 +0xc0ffee01$/m);
  match(stdout, /^ID .* LANE +DAEMON SEES +OCTETS IN /);
  match(stdout, /^ 7 .* 0 +127\.97\.46\.176:40124 /m);
  const json = await run(["connections", "--json"], api);
  deepEqual(JSON.parse(json.stdout), await (await api.app.request("/v1/connections")).json());
  const narrow = await run(["connections"], api, { columns: 40 });
  equal(
    narrow.stdout,
    "ID  REMOTE           STATE    OCTETS IN\n 7  192.0.2.7:49152  enabled       1200\n",
  );
});

test("connections --watch looks again until it is interrupted, and shows rates", async () => {
  const api = createTestApi();
  const first = api.gateway.connection(7);
  ok(first !== undefined);
  const since = Date.parse(first.since);
  let at = 1000;
  const runtime = createFakeRuntime({
    args: ["connections", "--watch"],
    columns: 200,
    rows: 10,
    now: () => at,
  });
  let looks = 0;
  const code = await runCli(runtime, {
    fetch: async (request) => await api.app.fetch(request),
    clock: {
      date: () => new Date(since + at),
      sleep(ms): Promise<void> {
        equal(ms, 2000);
        looks++;
        if (looks === 2) runtime.signal("SIGINT");
        at += 2000;
        const { inbound, outbound } = first.octets;
        const octets = { inbound: { ...inbound, esp: 1200 + 3_000_000 }, outbound };
        api.gateway.connectionTable.set(7, { ...first, octets });
        return Promise.resolve();
      },
    },
  });
  deepEqual([code, looks], [0, 2]);
  const screens = runtime.printed.stdout.split("\u001b[H").slice(1);
  equal(screens.length, 2);
  for (const screen of screens) {
    ok(screen.startsWith("ID  REMOTE "), screen);
    ok(screen.includes("  BIT/S IN  BIT/S OUT\u001b[K\n"), screen);
    ok(screen.endsWith("\u001b[K\n\u001b[J"), screen);
  }
  match(screens[0] ?? "", / 1s .* -  +-\S+\n/);
  match(screens[1] ?? "", / 3s .* 3001200 .* 12\.0M  +0\S+\n/);
});

test("status --watch --json prints one line per look, and ends with the gateway", async () => {
  const api = createTestApi();
  const answers = [await api.app.request("/v1/status")];
  const runtime = createFakeRuntime({ args: ["status", "--watch", "--json"] });
  const code = await runCli(runtime, {
    fetch: () => {
      const answer = answers.shift();
      return answer === undefined
        ? Promise.reject(new TypeError("Cannot connect: refused"))
        : Promise.resolve(answer);
    },
  });
  equal(code, 1);
  equal(runtime.printed.stdout.trimEnd().split("\n").length, 1);
  equal(JSON.parse(runtime.printed.stdout).version, "1.2.3");
  match(runtime.printed.stderr, /^Cannot reach a gateway/);
});

test("--watch ends when its output has no reader any more", async () => {
  for (const name of ["status", "connections", "sas"]) {
    const api = createTestApi();
    let looks = 0;
    const runtime = createFakeRuntime({ args: [name, "--watch"], hasReader: () => looks < 2 });
    const code = await runCli(runtime, {
      fetch: async (request) => await api.app.fetch(request),
      clock: {
        date: () => new Date(),
        sleep(): Promise<void> {
          looks++;
          ok(looks <= 2, "it goes on");
          return Promise.resolve();
        },
      },
    });
    deepEqual([code, looks, runtime.printed.stderr], [0, 2, ""], name);
  }
});

test("sas lists SAs, without keys", async () => {
  const api = createTestApi();
  equal((await api.app.request("/v1/sas", post(SA))).status, 201);
  const { stdout } = await run(["sas"], api);
  match(stdout, /^ *1 +0xc0ffee01 +outbound +client-7 +chacha20-poly1305\/256 +active +0 /m);
  const json = await run(["sas", "--json"], api);
  equal(JSON.parse(json.stdout).sas[0].peer, "client-7");
  ok(![stdout, json.stdout].some((text) => text.includes(SA.keyMaterial)));
});

test("drain and kick change what they say", async () => {
  const api = createTestApi();
  equal((await run(["kick", "7"], api)).stdout, "closed 7\n");
  equal(api.gateway.connectionTable.size, 0);
  const gone = await run(["kick", "7"], api);
  equal(gone.code, 1);
  equal(
    gone.stderr,
    "The gateway at 127.0.0.1:9329 refused: There is no connection with this id\n",
  );
  equal((await run(["drain"], api)).stdout, "draining\n");
  ok(api.gateway.isDraining());
});

test("commands find the gateway by flag or environment", async () => {
  const api = createTestApi();
  const environment = { CULVERT_API: "127.0.0.1:1", CULVERT_LANES: "not for this command" };
  const byVariable = await run(["status"], api, { environment });
  equal(byVariable.asked[0]?.url, "http://127.0.0.1:1/v1/status");
  const byFlag = await run(["status", "--api", "[::1]:2"], api, { environment });
  equal(byFlag.asked[0]?.url, "http://[::1]:2/v1/status");
});

test("commands read their token from a file", async () => {
  const api = createTestApi({ token: "correct-horse", isLoopback: false });
  const files = { right: "correct-horse\n", wrong: "battery-staple\n" };
  const right = await run(["drain", "--api-token-file", "right"], api, { files });
  equal(right.code, 0);
  const refused = { code: 1, stdout: "" };
  const line = "The gateway at 127.0.0.1:9329 refused: " +
    "This call needs the API's bearer token (--api-token-file)\n";
  for (const args of [["status"], ["status", "--api-token-file", "wrong"]]) {
    const { code, stdout, stderr } = await run(args, api, { files });
    deepEqual({ code, stdout, stderr }, { ...refused, stderr: line });
  }
  const missing = await run(["status", "--api-token-file", "none"], api, { files });
  equal(missing.code, 2);
  match(missing.stderr, /^--api-token-file: Cannot read none: .*\n$/);
});

test("commands say in one line that no gateway is there", async () => {
  for (const args of [["status"], ["connections"], ["sas"], ["drain"], ["kick", "1"]]) {
    const { code, stdout, stderr } = await run([...args, "--api", "127.0.0.1:1"], undefined);
    deepEqual({ code, stdout, stderr }, {
      code: 1,
      stdout: "",
      stderr: "Cannot reach a gateway at 127.0.0.1:1: is it running, with this --api?\n",
    });
  }
});

test("commands say that the answer is not a gateway's", async () => {
  for (const body of ["<html>", "{}", '{"connections":[{}]}']) {
    const runtime = createFakeRuntime({ args: ["connections"] });
    const code = await runCli(runtime, { fetch: () => Promise.resolve(new Response(body)) });
    equal(code, 1);
    equal(
      runtime.printed.stderr,
      "Cannot read the answer of 127.0.0.1:9329: it is not the API of a gateway\n",
    );
  }
});

test("commands print a refusal as one line of bounded length, whoever it comes from", async () => {
  const detail = `\u001b[2J${"x".repeat(100_000)}\nmore`;
  const runtime = createFakeRuntime({ args: ["drain"] });
  const fetch = (): Promise<Response> =>
    Promise.resolve(Response.json({ detail }, { status: 500 }));
  equal(await runCli(runtime, { fetch }), 1);
  match(runtime.printed.stderr, /^The gateway at 127\.0\.0\.1:9329 refused: \ufffd\[2Jx+\n$/);
  equal(runtime.printed.stderr.length, 1001);
});

test("commands warn of a token that others can read, and of variables they ignore", async () => {
  const api = createTestApi();
  const options = {
    files: { token: "s3cret" },
    ignored: ["CULVERT_ENGINE_LIBRARY"],
    exposures: { token: { readable: "all read it", writable: undefined } },
  };
  const { code, stderr } = await run(["status", "--api-token-file", "token"], api, options);
  equal(code, 0);
  equal(
    stderr,
    "Ignored, because this program has more rights than the user who starts it: " +
      "CULVERT_ENGINE_LIBRARY\nUnsafe: all read it\n",
  );
});
