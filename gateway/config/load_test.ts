import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createFakeFiles } from "../../tests/fakes/files.ts";
import { readPki } from "../runtime/files.ts";
import { ConfigError } from "./error.ts";
import { loadConfig, type LoadedConfig } from "./load.ts";
import { settingText } from "./setting_text.ts";
import { fileKeyOf, flagOf, SETTING_NAMES, variableOf } from "./settings.ts";

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

interface Given {
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly file?: string;
  readonly token?: string;
}

function load(given: Given = {}): Promise<LoadedConfig> {
  const files: Record<string, string> = {};
  if (given.file !== undefined) files["culvert.toml"] = given.file;
  if (given.token !== undefined) files["token"] = given.token;
  const config = given.file === undefined ? {} : { config: "culvert.toml" };
  return loadConfig({
    flags: { ...config, ...given.flags },
    environment: given.environment ?? {},
    readTextFile: createFakeFiles(files),
    cores: 6,
    certificates: { readPki, date: () => new Date() },
  });
}

async function problemOf(given: Given): Promise<string> {
  try {
    await load(given);
  } catch (error) {
    ok(error instanceof ConfigError, String(error));
    return error.message;
  }
  return "";
}

test("loadConfig() without anything is the documented defaults", async () => {
  const { config, sourceOf } = await load();
  deepEqual(config.listen.map(({ address }) => address.text), ["127.0.0.1:4500"]);
  equal(config.api?.text, "127.0.0.1:9329");
  ok(config.inner.kind === "echo");
  deepEqual(config.inner.addresses.map((address) => address.text), ["10.93.29.1"]);
  deepEqual(
    [config.upstream, config.upstreamSource, config.apiTokenFile, config.apiToken],
    [null, null, null, null],
  );
  deepEqual([config.innerMtu, config.lanes, config.maxConnections], [1400, 1, 10_000]);
  deepEqual([config.maxConnectionsPerSource, config.suspectLimit], [64, 64]);
  deepEqual([config.prefixTimeoutMs, config.frameTimeoutMs], [5000, 30_000]);
  deepEqual([config.idleTimeoutMs, config.drainTimeoutMs], [0, 5000]);
  equal(config.unauthenticatedTimeoutMs, 120_000);
  deepEqual([config.engine, config.logLevel, config.logFormat], ["auto", "info", "text"]);
  deepEqual([config.unsafeStaticSas, config.staticSas], [false, []]);
  equal(sourceOf("lanes")?.kind, "default");
  equal(sourceOf("upstream"), undefined);
});

test("loadConfig() lets flags win over the environment, and that over the file", async () => {
  const given = {
    flags: { lanes: "3" },
    environment: { CULVERT_LANES: "2", CULVERT_INNER_MTU: "1300" },
    file: "lanes = 4\ninner_mtu = 1200\nsuspect_limit = 7\n",
  };
  const { config, sourceOf } = await load(given);
  deepEqual([config.lanes, config.innerMtu, config.suspectLimit], [3, 1300, 7]);
  deepEqual(
    [sourceOf("lanes")?.kind, sourceOf("innerMtu")?.kind, sourceOf("suspectLimit")?.kind],
    ["flag", "environment", "file"],
  );
  deepEqual(sourceOf("suspectLimit")?.originOf("suspectLimit"), { path: "culvert.toml", line: 3 });
});

test("loadConfig() reads lists from flags, arrays, and variables with commas", async () => {
  const texts = ["127.0.0.1:1", "[::1]:2"];
  for (
    const given of [
      { flags: { listen: texts } },
      { environment: { CULVERT_LISTEN: texts.join(", ") } },
      { file: `listen = ${JSON.stringify(texts)}` },
    ]
  ) {
    const { config } = await load(given);
    deepEqual(config.listen.map(({ address }) => address.text), texts);
  }
});

test("loadConfig() takes listeners of a file that have settings of their own", async () => {
  const inline = '{ address = "[::1]:2", tcp_congestion = "reno", tcp_keepalive_s = 7 }';
  const tables = '[[listen]]\naddress = "127.0.0.1:1"\n[[listen]]\naddress = "[::1]:2"\n' +
    'tcp_congestion = "reno"\ntcp_keepalive_s = 7\n';
  for (const listen of [`listen = ["127.0.0.1:1", ${inline}]\n`, tables]) {
    const { config } = await load({ file: `tcp_congestion = "cubic"\n${listen}` });
    deepEqual(config.listen.map(({ address, tcp }) => ({ address: address.text, ...tcp })), [
      { address: "127.0.0.1:1", congestion: "cubic", keepaliveS: 120 },
      { address: "[::1]:2", congestion: "reno", keepaliveS: 7 },
    ]);
    equal(
      settingText(config, "listen"),
      "127.0.0.1:1,[::1]:2 tcp_congestion=reno tcp_keepalive_s=7",
    );
    equal(settingText(config, "tcpCongestion"), "cubic");
  }
});

test("loadConfig() names the line of a mistake in a listener", async () => {
  const listener = (text: string): Promise<string> => {
    return problemOf({ file: `[[listen]]\naddress = "127.0.0.1:1"\n[[listen]]\n${text}\n` });
  };
  equal(
    await listener("tcp_keepalive_s = 1"),
    "culvert.toml:3: address must be a string",
  );
  equal(
    await listener('address = "[::1]:2"\ntcp_keepalive_s = -1'),
    "culvert.toml:5: tcp_keepalive_s must be a whole number from 0 to 32767",
  );
  equal(
    await listener('address = "[::1]:2"\ntcp_congestion = "two words"'),
    "culvert.toml:5: tcp_congestion must be the name of a congestion control, such as cubic or bbr",
  );
  equal(
    await listener('address = "[::1]:2"\nmtu = 1'),
    'culvert.toml:5: unknown key "mtu"',
  );
  equal(
    await problemOf({ file: 'listen = ["127.0.0.1:1", 2]' }),
    "culvert.toml:1: listen must be a non-empty array of addresses, or of tables with an address",
  );
});

test("loadConfig() finds the file by its variable too", async () => {
  const loaded = await loadConfig({
    flags: {},
    environment: { CULVERT_CONFIG: "f" },
    readTextFile: createFakeFiles({ f: 'lanes = "auto"' }),
    cores: 6,
  });
  equal(loaded.config.lanes, 6);
});

test("loadConfig() names file and line of a mistake in a file", async () => {
  const file = (text: string): Promise<string> => problemOf({ file: text });
  equal(await file('\n\nlistenn = "x"'), 'culvert.toml:3: unknown key "listenn"');
  equal(
    await file("lanes = 1\ninner_mtu = 70000"),
    "culvert.toml:2: inner_mtu must be a whole number from 576 to 65400",
  );
  equal(
    await file("listen = []"),
    "culvert.toml:1: listen must be a non-empty array of addresses, or of tables with an address",
  );
  equal(await file("config = 1"), 'culvert.toml:1: unknown key "config"');
  ok((await file("lanes = 1\nlanes = 2")).startsWith("culvert.toml:2: not TOML: "));
  equal(await file(`${KEY} = 1`), "culvert.toml:1: unknown key (not a name)");
});

test("loadConfig() names flag or variable of a bad value", async () => {
  equal(
    await problemOf({ flags: { lanes: "0" } }),
    "--lanes: must be auto or a whole number from 1 to 64",
  );
  equal(
    await problemOf({ environment: { CULVERT_LOG_LEVEL: "loud" } }),
    "CULVERT_LOG_LEVEL: must be one of debug, info, warn, error",
  );
  equal(
    await problemOf({ flags: { listen: ["127.0.0.1:1", "localhost"] } }),
    "--listen: must be ADDR:PORT, such as 127.0.0.1:4500 or [::1]:4500",
  );
  equal(
    await problemOf({ flags: { config: "missing.toml" } }),
    "--config: Cannot read missing.toml: ENOENT: no such file or directory, open 'missing.toml'",
  );
});

test("loadConfig() refuses each kind of bad value", async () => {
  const bad: Record<string, readonly string[]> = {
    "upstream": ["127.0.0.1:0", "0.0.0.0:4500", "daemon:4500", "[ff02::1]:4500"],
    "upstream-source": [
      "10.0.0.0/8",
      "127.0.0.0/7",
      "127.0.0.1/8",
      "127.0.0.2/31",
      "127.0.0.1",
      "::/127",
      "::1/128",
    ],
    "inner": ["tun:", "tun:a/b", "tun:longer-than-fifteen", "tun:ipsec%d", "echo:", "echo:0.0.0.0"],
    "inner-mtu": ["575", "65401", "1e3", "-1", ""],
    "engine": ["gpu", "WASM"],
    "max-connections": ["0", "1048576", "1.5"],
    "idle-timeout-ms": ["-1", "2147483648"],
    "log-format": ["xml"],
    "tcp-congestion": ["", "sixteen-letters-", "two words", "bbr\0"],
    "tcp-keepalive-s": ["-1", "32768", "2m"],
  };
  for (const [flag, values] of Object.entries(bad)) {
    for (const value of values) {
      ok(
        (await problemOf({ flags: { [flag]: value } })).startsWith(`--${flag}: must `),
        `${flag} ${value}`,
      );
    }
  }
});

test("loadConfig() accepts TOML's separators in a number from a file only", async () => {
  equal((await load({ file: "max_connections = 1_000" })).config.maxConnections, 1000);
  const problem = "must be a whole number from 1 to 1048575";
  const flags = { "max-connections": "1_000" };
  equal(await problemOf({ flags }), `--max-connections: ${problem}`);
  const environment = { CULVERT_MAX_CONNECTIONS: "1_000" };
  equal(await problemOf({ environment }), `CULVERT_MAX_CONNECTIONS: ${problem}`);
});

test("loadConfig() wants a token for an API that others can reach", async () => {
  const flags = { api: "0.0.0.0:9329" };
  equal(
    await problemOf({ flags }),
    "--api: 0.0.0.0:9329 is not a loopback address: it needs --api-token-file",
  );
  const withToken = { flags: { ...flags, "api-token-file": "token" } };
  equal((await load({ ...withToken, token: " s3cret\n" })).config.apiToken, "s3cret");
  ok((await problemOf({ ...withToken, token: "\n" })).startsWith("--api-token-file: "));
  const problem = await problemOf({ ...withToken, token: "two words" });
  ok(problem.startsWith("--api-token-file: ") && !problem.includes("two words"), problem);
  ok((await problemOf(withToken)).startsWith("--api-token-file: Cannot read token: "));
  equal((await load({ flags: { api: "off" } })).config.api, null);
});

test("loadConfig() accepts one echo address per family, or one tun alone", async () => {
  const both = await load({ flags: { inner: ["echo:10.0.0.1", "echo:fd00::1"] } });
  ok(both.config.inner.kind === "echo");
  equal(both.config.inner.addresses.length, 2);
  const tun = await load({ flags: { inner: ["tun:ipsec0"] } });
  deepEqual(tun.config.inner, { kind: "tun", name: "ipsec0" });
  for (
    const inner of [
      ["echo:10.0.0.1", "echo:10.0.0.2"],
      ["echo:10.0.0.1", "tun:ipsec0"],
      ["tun:ipsec0", "echo:10.0.0.1"],
      ["tun:a", "tun:b"],
    ]
  ) {
    ok((await problemOf({ flags: { inner } })).startsWith("--inner: "), inner.join());
  }
});

test("loadConfig() wants upstream sources to go with an upstream", async () => {
  const source = { "upstream-source": "127.16.0.0/12" };
  equal(await problemOf({ flags: source }), "--upstream-source: needs --upstream");
  for (const upstream of ["10.0.0.1:4500", "[::1]:4500"]) {
    ok(
      (await problemOf({ flags: { ...source, upstream } })).startsWith("--upstream-source: needs "),
    );
  }
  const { config } = await load({ flags: { ...source, upstream: "127.0.0.1:4500" } });
  equal(config.upstreamSource?.text, "127.16.0.0/12");
});

test("loadConfig() reads [[sa]] tables only with --unsafe-static-sas", async () => {
  const file = `lanes = 1\n${SA_TABLE}`;
  equal(await problemOf({ file }), "culvert.toml:2: SAs with fixed keys need --unsafe-static-sas");
  const { config } = await load({ file, environment: { CULVERT_UNSAFE_STATIC_SAS: "1" } });
  const [sa] = config.staticSas;
  equal(sa?.spec.spi, 0xc0ffee01);
  deepEqual(sa?.originOf("spi"), { path: "culvert.toml", line: 3 });
  deepEqual(sa?.originOf(undefined), { path: "culvert.toml", line: 2 });
});

test("loadConfig() names the line of a bad member of an SA, and no key", async () => {
  const sa = (from: string, to: string): Promise<string> => {
    return problemOf({ file: `unsafe_static_sas = true\n${SA_TABLE.replace(from, to)}` });
  };
  equal(
    await sa('"inbound"', '"both"'),
    "culvert.toml:4: direction must be one of inbound, outbound",
  );
  equal(await sa("direction", "directoin"), "culvert.toml:2: direction is required");
  equal(
    await sa('peer = "client-7"', 'peer = "a"\nexpires = 1'),
    'culvert.toml:6: unknown key "expires"',
  );
  equal(await sa("/24", "/16"), "culvert.toml:8: local must have no bits set behind its length");
  for (
    const [from, to] of [[KEY, KEY.slice(2)], [KEY, `${KEY}zz`], ["keyMaterial", KEY]] as const
  ) {
    const problem = await sa(from, to);
    ok(problem.startsWith("culvert.toml:"), problem);
    ok(!problem.includes(KEY.slice(2)), problem);
  }
});

test("loadConfig() refuses two inbound SAs of one SPI, whatever its spelling", async () => {
  const second = SA_TABLE.replace("0xc0ffee01", "0xC0FFEE01");
  const file = `unsafe_static_sas = true\n${SA_TABLE}${second}`;
  equal(
    await problemOf({ file }),
    "culvert.toml:11: spi is already used by the [[sa]] table in line 3",
  );
  const outbound = second.replace("inbound", "outbound");
  for (const other of [second.replace("0xC0FFEE01", "0xc0ffee02"), outbound + outbound]) {
    const { config } = await load({ file: `unsafe_static_sas = true\n${SA_TABLE}${other}` });
    ok(config.staticSas.length >= 2);
  }
});

/** Settings that name files. */
const PATHS: readonly string[] = [
  "apiTokenFile",
  "ikeCert",
  "ikeKey",
  "ikeCa",
  "ikeCrl",
  "pskFile",
];

test("loadConfig() rejects with nothing but ConfigError, whatever it is given", async () => {
  const name = fc.constantFrom(...SETTING_NAMES);
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.constantFrom("127.0.0.1:1", "[::1]:1", "off", "auto", "true", "tun:a", "echo:::1", "1", KEY),
  );
  const settings = fc.array(fc.tuple(name, fc.oneof(text, fc.array(text, { maxLength: 3 }))), {
    maxLength: 4,
  });
  await fc.assert(fc.asyncProperty(settings, settings, async (some, others) => {
    // The message names a file that cannot be read, even if its name is a key.
    fc.pre(
      [...some, ...others].every(([key, value]) =>
        !PATHS.includes(key) || !String(value).includes(KEY)
      ),
    );
    const given = {
      flags: Object.fromEntries(some.map(([key, value]) => [flagOf(key), value])),
      environment: Object.fromEntries(
        others.map(([key, value]) => [variableOf(key), String(value)]),
      ),
      file: others.map(([key, value]) => `${fileKeyOf(key)} = ${JSON.stringify(value)}\n`).join(""),
      token: KEY,
    };
    const problem = await problemOf(given);
    ok(!problem.includes(KEY) && !problem.includes("\n"), problem);
  }));
});

test("loadConfig() lets errors of the program itself through", async () => {
  const broken = loadConfig({
    flags: new Proxy({}, {
      get(): never {
        throw new TypeError("Broken");
      },
    }),
    environment: {},
    readTextFile: createFakeFiles({}),
    cores: 1,
  });
  await rejects(broken, { name: "TypeError", message: "Broken" });
});

test("loadConfig() reads what a truth value or an address means, whatever its spelling", async () => {
  for (const word of ["on", "ON", "True", "yes", "1"]) {
    const { config } = await load({
      environment: { CULVERT_ESP_AUDIT: word, CULVERT_UNSAFE_STATIC_SAS: word },
    });
    deepEqual([config.espAudit, config.unsafeStaticSas], ["on", true], word);
  }
  for (const word of ["off", "FALSE", "No", "0"]) {
    const { config } = await load({
      environment: { CULVERT_ESP_AUDIT: word, CULVERT_UNSAFE_STATIC_SAS: word },
    });
    deepEqual([config.espAudit, config.unsafeStaticSas], ["off", false], word);
  }
  const { config } = await load({
    file: "esp_audit = false\n",
    flags: { upstream: "[::FFFF:127.0.0.1]:4500", "upstream-source": "127.16.0.0/12" },
  });
  equal(config.espAudit, "off");
  equal(config.upstream?.text, "127.0.0.1:4500");
  equal((await load({ flags: { api: "[::ffff:127.0.0.1]:1" } })).config.api?.text, "127.0.0.1:1");
});
