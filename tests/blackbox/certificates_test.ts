// Certificates from `culvert ca` to the tunnel: the gateway and its clients prove themselves by
// them, and who is revoked is cut by SIGHUP.

import { deepEqual, equal, match } from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runCli } from "../../gateway/cli/main_cli.ts";
import { pemObjects } from "../../gateway/ike/certificates/pem.ts";
import type { CertificateSettings } from "../../gateway/ike/certificates/settings.ts";
import { openPrivateFolder } from "../../gateway/runtime/private_folder.ts";
import { createFakeRuntime, type FakeRuntime } from "../fakes/runtime.ts";
import { type Gateway, startGateway, stopCleanly } from "../support/gateway.ts";
import { certificateSettings } from "../support/ike/certificates.ts";
import { type IkeClient, openIkeClient, toldOf } from "../support/ike/client.ts";
import { readMetrics } from "../support/metrics.ts";
import { runProgram } from "../support/program.ts";
import { tempFile, tempFolder } from "../support/temp.ts";

const TIMEOUT_MS = 120_000;

test("a gateway and its clients believe certificates, until one is revoked", {
  timeout: TIMEOUT_MS,
}, async () => {
  const dir = join(tempFolder(), "state");
  await ca(dir, "init");
  await ca(dir, "issue", "gw.example.org");
  await ca(dir, "issue", "carol@example.org", "--key", "ed25519");
  await ca(dir, "issue", "dave@example.org");
  const files = join(dir, "ca");
  const gateway = await startGateway([
    ...["--ike", "inside", "--state-dir", dir],
    ...["--ike-cert", `${files}/issued/gw.example.org.pem`],
    ...["--ike-key", `${files}/issued/gw.example.org.key`],
    ...["--ike-ca", `${files}/ca.pem`, "--ike-crl", `${files}/crl.pem`],
  ]);
  const own = ["carol@example.org", "dave@example.org"].map((name) => settingsOf(files, name));
  const carol = await come(gateway, "carol@example.org", own[0]);
  const dave = await come(gateway, "dave@example.org", own[1]);
  for (const client of [carol, dave]) {
    equal(toldOf(client, "established"), 1, gateway.program.stderr());
    await client.ping();
  }

  const foreign = certificateSettings("p256", { anchors: own[0]?.anchors ?? [] });
  const stranger = await come(gateway, "carol@example.org", foreign);
  equal(toldOf(stranger, "refused"), 1);
  equal(await failures(gateway, "certificate_foreign"), 1);

  await ca(dir, "revoke", "carol@example.org");
  gateway.program.kill("SIGHUP");
  await carol.until("the Delete", () => toldOf(carol, "ended") > 0);
  await dave.ping();
  equal(toldOf(dave, "ended"), 0);
  const again = await come(gateway, "carol@example.org", own[0]);
  equal(toldOf(again, "refused"), 1);
  equal(await failures(gateway, "certificate_revoked"), 1);
  match(gateway.program.stderr(), /ike_refused .*carol@example\.org: a certificate is revoked/);
  for (const client of [carol, dave, stranger, again]) client.close();
  await stopCleanly(gateway);
});

test("connect has certificates too, and each direction a method of its own", {
  timeout: TIMEOUT_MS,
}, async () => {
  const dir = join(tempFolder(), "state");
  await ca(dir, "init");
  await ca(dir, "issue", "gw.example.org");
  await ca(dir, "issue", "carol@example.org", "--key", "ed25519");
  const files = join(dir, "ca");
  const issued = join(files, "issued");
  const psk = tempFile("a secret of forty-two octets, or nearly so\n");
  const table = (id: string, auth: string, own: string): string =>
    `[[peer]]\nid = "${id}"\nauth = "${auth}"\nown_auth = "${own}"\n`;
  const config = tempFile(
    [
      table("carol@example.org", "cert", "cert"),
      `${table("laptop", "psk", "cert")}psk_file = "${psk}"\n`,
    ].join(""),
    "toml",
  );
  const gateway = await startGateway([
    ...["--ike", "inside", "--state-dir", dir, "--config", config],
    ...["--ike-cert", `${issued}/gw.example.org.pem`, "--ike-key", `${issued}/gw.example.org.key`],
    ...["--ike-ca", `${files}/ca.pem`],
  ]);
  const [first] = gateway.tcp;
  const server = `127.0.0.1:${first?.port}`;
  const who = ["--server-id", "gw.example.org"];
  const trust = ["--ca", `${files}/ca.pem`];
  const own = [
    ...["--cert", `${issued}/carol@example.org.pem`],
    ...["--key", `${issued}/carol@example.org.key`],
  ];
  const profile = writeProfile(issued);
  const good: readonly (readonly string[])[] = [
    [...who, ...trust, ...own],
    ["--profile", profile],
    [...who, ...trust, "--id", "laptop", "--psk-file", psk],
  ];
  for (const flags of good) {
    const { code, stdout, stderr } = await check(server, flags);
    deepEqual([code, stderr], [0, ""]);
    match(stdout, /^server +gw\.example\.org at /m);
  }
  // The gateway has a certificate for both, and is not believed by a secret.
  const { code, stderr } = await check(server, [...who, "--id", "laptop", "--psk-file", psk]);
  equal(code, 1);
  equal(stderr.trimEnd().split("\n").length, 1, stderr);
  await stopCleanly(gateway);
});

/** A profile beside the files that it names. */
function writeProfile(folder: string): string {
  const path = join(folder, "carol.toml");
  const text = [
    'server = "127.0.0.1"\nserver_id = "gw.example.org"\nid = "carol@example.org"\n',
    'cert = "carol@example.org.pem"\nkey = "carol@example.org.key"\nca = ["../ca.pem"]\n',
  ];
  writeFileSync(path, text.join(""), { mode: 0o600 });
  return path;
}

function check(server: string, flags: readonly string[]): ReturnType<typeof runProgram> {
  return runProgram(["connect", server, ...flags, "--inner-mtu", "1400", "--check"], {
    timeoutMs: TIMEOUT_MS,
  });
}

async function ca(dir: string, ...words: readonly string[]): Promise<void> {
  const fake = createFakeRuntime({ args: ["ca", ...words, "--state-dir", dir] });
  const random = (octets: Uint8Array<ArrayBuffer>): void => void crypto.getRandomValues(octets);
  const runtime: FakeRuntime = { ...fake, openPrivateFolder, random };
  deepEqual([await runCli(runtime), fake.printed.stderr], [0, ""]);
}

/** What a client has of the CA. */
function settingsOf(files: string, name: string): CertificateSettings {
  const [cert, key] = [derOf(`${files}/issued/${name}.pem`), derOf(`${files}/issued/${name}.key`)];
  return certificateSettings(null, {
    own: { chain: [cert], key, rsa: "pss" },
    anchors: [derOf(`${files}/ca.pem`)],
  });
}

function derOf(path: string): Uint8Array {
  return pemObjects(readFileSync(path, "utf8"))[0]?.der ?? new Uint8Array(0);
}

/** A client that has tried to come. */
async function come(
  gateway: Gateway,
  name: string,
  certificates: CertificateSettings | undefined,
): Promise<IkeClient> {
  const change = certificates === undefined ? {} : { certificates };
  const client = openIkeClient(await gateway.connect(), name, change);
  await client.initiate({ psk: null, auth: { own: "cert", peer: "cert" } });
  return client;
}

async function failures({ api }: Gateway, reason: string): Promise<number> {
  return (await readMetrics(api)).get(`culvert_ike_failures_total{reason="${reason}"}`) ?? -1;
}
