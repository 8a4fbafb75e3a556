import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { createFakeFiles } from "../../tests/fakes/files.ts";
import {
  certificateDer,
  certificateFile,
  TEST_TIME,
} from "../../tests/support/ike/certificates.ts";
import { wipePlan } from "../ike/engine/plan.ts";
import { identityText } from "../ike/identity/identity.ts";
import { readPki } from "../runtime/files.ts";
import { makePlan } from "../state/ike_plan.ts";
import { ConfigError } from "./error.ts";
import { loadConfig } from "./load.ts";
import type { GatewayConfig } from "./types.ts";

const NAMES = ["p256.pem", "p256.key", "rsa.key", "expired.pem", "expired.key", "root.pem"];
const FILES = Object.fromEntries(
  [...NAMES, "root.crl"].map((name) => [name, certificateFile(name)]),
);
const OWN = { "ike-cert": "p256.pem", "ike-key": "p256.key" };
const ALL = { ...OWN, "ike-ca": ["root.pem"] };

async function load(
  flags: Readonly<Record<string, unknown>>,
  file?: string,
): Promise<GatewayConfig> {
  const all = { ...FILES, psk: "a secret", ...file === undefined ? {} : { "c.toml": file } };
  const { config } = await loadConfig({
    flags: { ...flags, ...file === undefined ? {} : { config: "c.toml" } },
    environment: {},
    readTextFile: createFakeFiles(all),
    cores: 1,
    certificates: { readPki, date: () => new Date(TEST_TIME * 1000) },
  });
  return config;
}

async function problemOf(flags: Readonly<Record<string, unknown>>, file?: string): Promise<string> {
  try {
    await load(flags, file);
  } catch (error) {
    ok(error instanceof ConfigError, String(error));
    return error.message;
  }
  return "";
}

test("a certificate names the gateway, and its CA's clients may come", async () => {
  const config = await load({ ...ALL, "ike-crl": ["root.crl"] });
  equal(config.ikeId, "gw.example.org");
  const plan = makePlan({
    config,
    id: config.ikeId ?? "",
    clients: [],
    ticketKeys: [],
    engine: "wasm",
  });
  equal(identityText(plan.localId), "gw.example.org");
  const { certificates } = plan;
  deepEqual(certificates?.own?.chain, [certificateDer("p256.pem")]);
  deepEqual([certificates?.anchors, certificates?.crls], [
    [certificateDer("root.pem")],
    [certificateDer("root.crl")],
  ]);
  deepEqual(
    plan.peers.map(({ remoteId, psk, auth, isShared }) => [remoteId, psk, auth, isShared]),
    [
      ["%any", null, { own: "cert", peer: "cert" }, false],
    ],
  );
  wipePlan(plan);
  ok(config.certificates?.own?.key.some((octet) => octet !== 0), "the plan has copies");
});

test("--ike-id is one of the certificate's names", async () => {
  equal((await load({ ...OWN, "ike-id": "192.0.2.1" })).ikeId, "192.0.2.1");
  equal(
    await problemOf({ ...OWN, "ike-id": "vpn.example.net" }),
    "p256.pem: is not for vpn.example.net, but for gw.example.org, carol@example.org, 192.0.2.1, " +
      "O=Culvert tests, CN=carol@example.org",
  );
});

test("[[peer]] says how each side proves who it is, and then no other certificate will do", async () => {
  const config = await load(
    ALL,
    '[[peer]]\nid = "carol@example.org"\nauth = "cert"\n' +
      '[[peer]]\nid = "dave"\npsk_file = "psk"\nown_auth = "cert"\n' +
      '[[peer]]\nid = "erin"\nauth = "cert"\nown_auth = "psk"\npsk_file = "psk"\n',
  );
  const plan = makePlan({
    config,
    id: "gw.example.org",
    clients: [],
    ticketKeys: [],
    engine: "wasm",
  });
  deepEqual(plan.peers.map(({ name, auth, psk }) => [name, auth, psk !== null]), [
    ["carol@example.org", { peer: "cert", own: "cert" }, false],
    ["dave", { peer: "psk", own: "cert" }, true],
    ["erin", { peer: "cert", own: "psk" }, true],
  ]);
});

const PEER = '[[peer]]\nid = "carol"\n';

const PROBLEMS: readonly (readonly [Readonly<Record<string, unknown>>, string, string?])[] = [
  [{ "ike-cert": "p256.pem" }, "p256.pem: needs its private key beside it"],
  [{ "ike-key": "p256.key" }, "p256.key: needs a certificate beside it"],
  [{ ...OWN, "ike-key": "rsa.key" }, "rsa.key: is not the key of the certificate in p256.pem"],
  [{ "ike-crl": ["root.crl"] }, "--ike-crl: needs --ike-ca, the CA that it is of"],
  [{ "ike-ca": ["p256.pem"] }, "p256.pem: has a certificate that is no CA's"],
  [
    { "ike-ca": ["root.pem"] },
    "--ike-ca: needs --ike-cert, or [[peer]] tables that say otherwise",
  ],
  [
    { ...ALL, "psk-file": "psk" },
    "--psk-file: is for every client, and so is --ike-ca: give one of them, or [[peer]] tables " +
    'with auth = "cert"',
  ],
  [
    ALL,
    "c.toml:3: psk_file is for nothing: both sides have certificates",
    `${PEER}psk_file = "psk"\nauth = "cert"`,
  ],
  [
    OWN,
    "c.toml:3: auth cert needs --ike-ca, whose certificates are believed",
    `${PEER}auth = "cert"`,
  ],
  [{}, "c.toml:4: a certificate needs --ike-cert", `${PEER}psk_file = "psk"\nown_auth = "cert"`],
  [{}, "c.toml:2: psk_file is missing", PEER],
];

for (const [flags, problem, file] of PROBLEMS) {
  test(`certificates are refused: ${problem}`, async () => {
    equal(await problemOf(flags, file), problem);
  });
}

test("a file that is missing, and an expired certificate, end the start", async () => {
  ok((await problemOf({ ...OWN, "ike-key": "none" })).startsWith("--ike-key: Cannot read none: "));
  const expired = { "ike-cert": "expired.pem", "ike-key": "expired.key" };
  ok((await problemOf(expired)).startsWith("expired.pem: is expired since 20"));
});
