import { deepEqual, equal, match, ok } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { createFakeRuntime, type FakeRuntime } from "../../tests/fakes/runtime.ts";
import { openTestPki } from "../../tests/support/ike/pki.ts";
import { tempFolder } from "../../tests/support/temp.ts";
import { pemObjects } from "../ike/certificates/pem.ts";
import { openPrivateFolder } from "../runtime/private_folder.ts";
import { runCli } from "./main_cli.ts";

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What follows a word at the beginning of a line. */
  readonly path: (word: string) => string;
}

async function run(folder: string, ...words: readonly string[]): Promise<Ran> {
  const fake = createFakeRuntime({ args: ["ca", ...words, "--state-dir", folder] });
  const random = (octets: Uint8Array<ArrayBuffer>): void => void crypto.getRandomValues(octets);
  const runtime: FakeRuntime = { ...fake, openPrivateFolder, random };
  const code = await runCli(runtime);
  const { stdout, stderr } = fake.printed;
  const path = (word: string): string =>
    stdout.split("\n").find((line) => line.startsWith(`${word} `))?.slice(word.length + 1) ?? "";
  return { code, stdout, stderr, path };
}

/** What `openssl` says, without the paths of files. */
function openssl(...args: readonly string[]): { readonly status: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync("openssl", args, { encoding: "utf8" });
  return { status, text: stdout + stderr };
}

const skip = spawnSync("openssl", ["version"]).status === 0 ? false : "there is no openssl here";

for (const key of ["p256", "ed25519"]) {
  test(`ca: openssl believes what was issued, until it is revoked (${key})`, { skip }, async () => {
    const folder = `${tempFolder()}/state`;
    const ca = await run(folder, "init", "--key", key);
    deepEqual([ca.code, ca.stderr], [0, ""]);
    const made = await run(folder, "issue", "gw.example.org", "--also", "192.0.2.1", "--key", key);
    deepEqual([made.code, made.stderr], [0, ""]);
    await run(folder, "issue", "carol@example.org", "--also", "2001:db8::1");
    const crl = `${folder}/ca/crl.pem`;
    const verify = (purpose: string): ReturnType<typeof openssl> =>
      openssl(
        ...["verify", "-x509_strict", "-crl_check", "-CRLfile", crl, "-purpose", purpose],
        ...["-CAfile", ca.path("certificate"), made.path("certificate")],
      );
    for (const purpose of ["sslserver", "sslclient"]) {
      deepEqual(verify(purpose), { status: 0, text: `${made.path("certificate")}: OK\n` });
    }
    const { text } = openssl("x509", "-in", made.path("certificate"), "-noout", "-text");
    match(text, /DNS:gw\.example\.org, IP Address:192\.0\.2\.1/);
    match(text, /1\.3\.6\.1\.5\.5\.7\.3\.17|ipsec Internet Key Exchange/);
    match(text, /Digital Signature/);
    const ofKey = openssl("pkey", "-in", made.path("key"), "-pubout");
    equal(openssl("x509", "-in", made.path("certificate"), "-noout", "-pubkey").text, ofKey.text);
    const kept = `${tempFolder()}/kept.pem`;
    writeFileSync(kept, readFileSync(made.path("certificate")));
    const revoked = await run(folder, "revoke", "gw.example.org");
    deepEqual([revoked.code, revoked.path("crl")], [0, crl]);
    const after = openssl(
      "verify",
      "-crl_check",
      "-CRLfile",
      crl,
      "-CAfile",
      made.path("ca"),
      kept,
    );
    equal(after.status, 2);
    match(after.text, /certificate revoked/);
  });
}

test("ca: IKE believes what was issued, and not what was revoked", async () => {
  const folder = `${tempFolder()}/state`;
  const ca = await run(folder, "init", "--name", "Our CA");
  const made = await run(folder, "issue", "carol@example.org");
  const [chain, anchors] = [derOf(made.path("certificate")), derOf(ca.path("certificate"))];
  await run(folder, "revoke", "carol@example.org");
  await run(folder, "issue", "carol@example.org");
  const again = derOf(made.path("certificate"));
  const crls = derOf(`${folder}/ca/crl.pem`);
  const pki = openTestPki();
  const now = Math.floor(Date.now() / 1000);
  const identity = { type: 3, data: new TextEncoder().encode("carol@example.org") };
  const common = { anchors, crls, now, needsCrl: true, usage: "ike", identity } as const;
  deepEqual(pki.validate({ ...common, chain }), { reason: "revoked" });
  ok("certificate" in pki.validate({ ...common, chain: again }));
  deepEqual(pki.validate({ ...common, chain: again, now: now + 826 * 86_400 }), {
    reason: "expired",
  });
});

test("ca: files and folders are their user's alone", async () => {
  const folder = `${tempFolder()}/state`;
  await run(folder, "init");
  await run(folder, "issue", "gw");
  for (const name of ["ca.pem", "ca.key", "ca.json", "crl.pem", "issued/gw.pem", "issued/gw.key"]) {
    equal(statSync(`${folder}/ca/${name}`).mode & 0o777, 0o600, name);
  }
  for (const name of ["ca", "ca/issued"]) {
    equal(statSync(`${folder}/${name}`).mode & 0o777, 0o700, name);
  }
});

test("ca list shows what is good and what is revoked", async () => {
  const folder = `${tempFolder()}/state`;
  await run(folder, "init");
  await run(folder, "issue", "gw.example.org");
  await run(folder, "issue", "carol@example.org", "--days", "30");
  await run(folder, "revoke", "gw.example.org");
  const shown = await run(folder, "list");
  match(shown.stdout, /^NAME +STATE +EXPIRES +SERIAL\n/);
  match(shown.stdout, /\ncarol@example\.org +good +20\d\d-\d\d-\d\d +[0-9a-f]{32}\n/);
  match(shown.stdout, /\ngw\.example\.org +revoked +20\d\d-\d\d-\d\d +[0-9a-f]{32}\n/);
  const { certificates } = JSON.parse((await run(folder, "list", "--json")).stdout);
  deepEqual(certificates.map(({ name, state }: Record<string, string>) => [name, state]), [
    ["carol@example.org", "good"],
    ["gw.example.org", "revoked"],
  ]);
});

test("ca: what cannot be done is said in a line", async () => {
  const folder = `${tempFolder()}/state`;
  const early = await run(folder, "issue", "gw");
  equal(early.code, 1);
  match(early.stderr, /^Cannot find a CA in .* \(culvert ca init makes one\)\n$/);
  await run(folder, "init");
  await run(folder, "issue", "gw");
  const lines: readonly (readonly [number, RegExp, ...string[]])[] = [
    [1, /^Cannot make a CA: .*\/ca has one\n$/, "init"],
    [1, /^Cannot issue gw: it has a certificate \(culvert ca revoke gw\)\n$/, "issue", "gw"],
    [1, /^Cannot revoke other: no certificate has it\n$/, "revoke", "other"],
    [2, /^culvert ca issue: NAME must be the name of a host/, "issue", "../gw"],
    [2, /^culvert ca issue: NAME must be/, "issue", "@#0102"],
    [2, /^--also: NAME must be/, "issue", "x", "--also", "a b"],
    [2, /^--key: must be one of p256, ed25519/, "issue", "x", "--key", "rsa"],
    [2, /^--days: must be a whole number from 1 to 825/, "issue", "x", "--days", "826"],
    [2, /^culvert ca issue: needs NAME/, "issue"],
    [2, /^culvert: unknown command "?ca/, "make"],
  ];
  for (const [code, line, ...words] of lines) {
    const ran = await run(folder, ...words);
    equal(ran.code, code, words.join(" "));
    match(ran.stderr, line);
    equal(ran.stdout, "");
  }
});

function derOf(path: string): Uint8Array[] {
  return pemObjects(readFileSync(path, "utf8")).map(({ der }) => der);
}
