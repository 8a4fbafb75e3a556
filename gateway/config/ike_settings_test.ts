import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { createFakeFiles } from "../../tests/fakes/files.ts";
import { ConfigError } from "./error.ts";
import { loadConfig } from "./load.ts";
import { settingText } from "./setting_text.ts";
import type { GatewayConfig } from "./types.ts";

const SECRET = "a secret that no message repeats";

interface Given {
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly file?: string;
  readonly files?: Readonly<Record<string, string>>;
}

async function load({ flags = {}, file, files = {} }: Given): Promise<GatewayConfig> {
  const all = { psk: `${SECRET}\n`, ...files, ...file === undefined ? {} : { "c.toml": file } };
  const { config } = await loadConfig({
    flags: { ...file === undefined ? {} : { config: "c.toml" }, ...flags },
    environment: {},
    readTextFile: createFakeFiles(all),
    cores: 1,
  });
  return config;
}

async function problemOf(given: Given): Promise<string> {
  try {
    await load(given);
  } catch (error) {
    ok(error instanceof ConfigError, String(error));
    ok(!error.message.includes(SECRET));
    return error.message;
  }
  return "";
}

test("IKE is inside, unless a daemon is upstream", async () => {
  const upstream = "127.0.0.1:4500";
  equal((await load({})).ike, "inside");
  equal((await load({ flags: { ike: "off" } })).ike, "off");
  equal((await load({ flags: { upstream } })).ike, "off");
  equal((await load({ flags: { upstream, ike: "off" } })).ike, "off");
  equal(
    await problemOf({ flags: { upstream, ike: "inside" } }),
    "--ike: cannot be inside together with --upstream: leave out one of them",
  );
});

test("settings of IKE have their defaults", async () => {
  const config = await load({});
  deepEqual(config.pool.map(({ text }) => text), ["10.93.64.0/18"]);
  deepEqual([config.ikeId, config.psk, config.stateDir, config.ikeProposals], [
    null,
    null,
    null,
    null,
  ]);
  deepEqual([config.dns, config.splitDns, config.peers], [[], [], []]);
  deepEqual([config.ikeLifetimeS, config.childLifetimeS, config.maxHalfOpen], [14_400, 3600, 1000]);
});

test("settings of IKE are read, and shown as they were written", async () => {
  const config = await load({
    flags: {
      "ike-id": "gw.example.org",
      "psk-file": "psk",
      pool: ["10.1.0.0/24", "2001:db8::/64"],
      dns: ["10.1.0.53"],
      "split-dns": ["corp.example.org"],
      "esp-proposals": "chacha20poly1305-aes256gcm16",
      "state-dir": "/srv/state",
    },
  });
  deepEqual(config.psk, new TextEncoder().encode(SECRET));
  deepEqual(config.espProposals?.policy.ciphers.map(({ encr }) => encr), [28, 20]);
  const names = [
    "ikeId",
    "pskFile",
    "pool",
    "dns",
    "splitDns",
    "espProposals",
    "stateDir",
  ] as const;
  deepEqual(names.map((name) => settingText(config, name)), [
    "gw.example.org",
    "psk",
    "10.1.0.0/24,2001:db8::/64",
    "10.1.0.53",
    "corp.example.org",
    "chacha20poly1305-aes256gcm16",
    "/srv/state",
  ]);
});

const wrong: readonly (readonly [Readonly<Record<string, unknown>>, RegExp])[] = [
  [{ ike: "maybe" }, /^--ike: must be one of inside, off$/],
  [{ "ike-id": "not a name" }, /^--ike-id: must be an address, a name, a mailbox, or @# with hex$/],
  [{ "psk-file": "none" }, /^--psk-file: Cannot read none: ENOENT/],
  [{ "psk-file": "empty" }, /^--psk-file: empty must not be empty$/],
  [{ "psk-file": "odd" }, /^--psk-file: odd must have pairs of hex digits$/],
  [{ pool: ["10.0.0.1/8"] }, /^--pool: must have no bits set behind its length$/],
  [{ pool: ["224.0.0.0/8"] }, /^--pool: must be addresses that hosts can have/],
  [
    { pool: ["10.0.0.0/8", "10.1.0.0/16"] },
    /^--pool: must not overlap: 10.0.0.0\/8 and 10.1.0.0\/16 do$/,
  ],
  [{ dns: ["dns.example.org"] }, /^--dns: must be the address of a name server/],
  [{ "split-dns": ["a"] }, /^--split-dns: needs --dns/],
  [{ dns: ["10.1.0.53"], "split-dns": ["a..b"] }, /^--split-dns: must be a domain/],
  [{ "ike-proposals": "aes256gcm16" }, /^--ike-proposals: must have a PRF/],
  [{ "esp-proposals": "aes256-sha256" }, /^--esp-proposals: must have AEAD ciphers/],
  [{ "ike-lifetime-s": "1" }, /^--ike-lifetime-s: must be a whole number from 2 to 604800$/],
  [{ "child-lifetime-s": "x" }, /^--child-lifetime-s: must be a whole number/],
  [{ "max-half-open": "0" }, /^--max-half-open: must be a whole number from 1 to 100000$/],
  [{ "state-dir": "" }, /^--state-dir: must not be empty$/],
];
for (const [flags, problem] of wrong) {
  test(`a bad setting of IKE is named: ${JSON.stringify(flags)}`, async () => {
    match(await problemOf({ flags, files: { empty: " \n", odd: "0x123" } }), problem);
  });
}

test("[[peer]] tables have a peer each, with its secret", async () => {
  const { peers } = await load({
    file: `
[[peer]]
id = "branch.example.org"
psk_file = "psk"
local = ["10.1.0.0/16", "10.2.0.0/16"]
remote = "10.9.0.0/16"

[[peer]]
id = "*@example.org"
auth = "psk"
psk_file = "hex"
pool = ["10.8.0.0/24"]

[[peer]]
id = "%any"
psk_file = "base64"
shared = false
`,
    files: { hex: "0x00ff", base64: "0sAP8=" },
  });
  deepEqual(peers.map(({ id, isShared }) => [id, isShared]), [
    ["branch.example.org", false],
    ["*@example.org", true],
    ["%any", false],
  ]);
  deepEqual(peers[0]?.psk, new TextEncoder().encode(SECRET));
  deepEqual(peers.slice(1).map(({ psk }) => [...psk ?? []]), [[0, 255], [0, 255]]);
  deepEqual(peers.map(({ remote }) => remote?.map(({ text }) => text)), [
    ["10.9.0.0/16"],
    undefined,
    undefined,
  ]);
  deepEqual(peers[1]?.pool?.map(({ text }) => text), ["10.8.0.0/24"]);
  deepEqual(peers[1]?.local, null);
});

const GOOD = 'id = "a"\npsk_file = "psk"\n';
const wrongPeers: readonly (readonly [string, RegExp])[] = [
  ['id = "a"\n', /^c.toml:2: psk_file is missing$/],
  ['psk_file = "psk"\n', /^c.toml:1: id must be a string$/],
  [`${GOOD}psk = "x"\n`, /^c.toml:4: unknown key "psk"$/],
  ['id = "a b"\npsk_file = "psk"\n', /^c.toml:2: id must be an address, .* pattern such as/],
  [`${GOOD}auth = "none"\n`, /^c.toml:4: auth must be one of psk, cert$/],
  [`${GOOD}remote = ["10.0.0.1/8"]\n`, /^c.toml:4: remote must have no bits set/],
  [
    `${GOOD}remote = "10.0.0.0/8"\npool = "10.1.0.0/16"\n`,
    /^c.toml:5: pool is for peers that get an address: leave out remote or pool$/,
  ],
  [`${GOOD}pool = ["10.0.0.0/8", "10.1.0.0/16"]\n`, /^c.toml:4: pool must not overlap/],
  ['id = "a"\npsk_file = "none"\n', /^c.toml:3: Cannot read none: ENOENT/],
  [
    `${GOOD}[[peer]]\nid = "A"\npsk_file = "psk"\n`,
    /^c.toml:5: id is already that of the \[\[peer\]\] table in line 2$/,
  ],
];
for (const [table, problem] of wrongPeers) {
  test(`a bad [[peer]] table is named by its line: ${JSON.stringify(table)}`, async () => {
    match(await problemOf({ file: `[[peer]]\n${table}` }), problem);
  });
}

test("peer = 1 is no table", async () => {
  equal(await problemOf({ file: "peer = 1" }), "c.toml:1: peer must be [[peer]] tables");
  equal(await problemOf({ file: "peer = [1]" }), "c.toml:1: peer must be a table");
});
