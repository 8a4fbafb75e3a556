import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { test } from "node:test";
import {
  certificateDer,
  certificateFile,
  TEST_TIME,
} from "../../../tests/support/ike/certificates.ts";
import { identity } from "../../../tests/support/ike/pair.ts";
import { openTestPki } from "../../../tests/support/ike/pki.ts";
import { identityText } from "../identity/identity.ts";
import { pemObjects, pemOf } from "./pem.ts";
import { type CertificateFiles, identitiesOf, readCertificates } from "./read.ts";

const PKI = openTestPki();

function read(
  change: Partial<CertificateFiles>,
  localId = "gw.example.org",
): ReturnType<typeof readCertificates> {
  const files = { cert: file("p256.pem"), key: file("p256.key"), cas: [], crls: [], ...change };
  return readCertificates(files, { pki: PKI, now: TEST_TIME, localId: identity(localId) });
}

function file(name: string, text = certificateFile(name)): CertificateFiles["cas"][number] {
  return { name, text };
}

test("files become settings, whatever form the key has", () => {
  for (const name of ["p256", "p384", "p521", "rsa", "ed25519"]) {
    const settings = read({
      cert: file(`${name}.pem`, certificateFile(`${name}.pem`) + certificateFile("middle.pem")),
      key: file(`${name}.key`),
      cas: [file("both", certificateFile("root.pem") + certificateFile("stranger.pem"))],
      crls: [file("root.crl")],
    });
    assert.ok(!("problem" in settings), JSON.stringify(settings));
    assert.deepEqual(settings.own?.chain, [
      certificateDer(`${name}.pem`),
      certificateDer("middle.pem"),
    ]);
    assert.ok(
      createPrivateKey({ key: Buffer.from(settings.own.key), format: "der", type: "pkcs8" }),
    );
    assert.deepEqual([settings.anchors.length, settings.crls.length], [2, 1]);
  }
  const sec1 = createPrivateKey(certificateFile("p256.key")).export({
    format: "pem",
    type: "sec1",
  });
  assert.ok(!("problem" in read({ key: file("sec1", sec1.toString()) })));
  const pkcs1 = createPrivateKey(certificateFile("rsa.key")).export({
    format: "pem",
    type: "pkcs1",
  });
  const rsa = { cert: file("rsa.pem"), key: file("pkcs1", pkcs1.toString()) };
  assert.ok(!("problem" in read(rsa)));
});

test("an end that only believes others needs no certificate", () => {
  const settings = read({ cert: null, key: null, cas: [file("root.pem")] });
  assert.ok(!("problem" in settings));
  assert.equal(settings.own, null);
});

const PROBLEMS: readonly (readonly [string, Partial<CertificateFiles>, string?])[] = [
  ["p256.key: needs a certificate beside it", { cert: null }],
  ["p256.pem: needs its private key beside it", { key: null }],
  ["p256.key: has no certificate in PEM", { cert: file("p256.key") }],
  ["p256.pem: has no private key in PEM that can be read without a password", {
    key: file("p256.pem"),
  }],
  ["rsa.key: is not the key of the certificate in p256.pem", { key: file("rsa.key") }],
  ["root.pem: begins with a CA's certificate", { cert: file("root.pem") }],
  [
    "p256.pem: is not for vpn.example.net, but for gw.example.org, carol@example.org, 192.0.2.1",
    {},
    "vpn.example.net",
  ],
  ["p256.pem: has a certificate that is no CA's", { cas: [file("p256.pem")] }],
  ["root.crl: has no certificate in PEM", { cas: [file("root.crl")] }],
  ["root.pem: has no CRL in PEM", { crls: [file("root.pem")] }],
];

for (const [problem, change, localId] of PROBLEMS) {
  test(`a file is refused: ${problem}`, () => {
    const found = read(change, localId);
    assert.ok("problem" in found);
    assert.ok(`${found.name}: ${found.problem}`.startsWith(problem), found.problem);
  });
}

test("an expired certificate and a malformed CRL are refused", () => {
  const expired = read({ cert: file("expired.pem"), key: file("expired.key") });
  assert.ok("problem" in expired);
  assert.match(expired.problem, /^is expired since 20\d\d-/);
  const crl = pemOf({ label: "X509 CRL", der: certificateDer("root.pem") });
  const malformed = read({ crls: [file("x.crl", crl)] });
  assert.ok("problem" in malformed);
});

test("a certificate has its alternative names and its subject as identities", () => {
  const certificate = PKI.describe(certificateDer("p256.pem"));
  assert.ok(certificate !== undefined);
  const [host, mailbox, address, subject] = identitiesOf(certificate);
  assert.deepEqual([host, mailbox, address].map((one) => one && identityText(one)), [
    "gw.example.org",
    "carol@example.org",
    "192.0.2.1",
  ]);
  assert.deepEqual(subject, { type: 9, data: certificate.subject });
});

test("PEM is written as it is read", () => {
  const text = certificateFile("rsa.pem");
  const [first] = pemObjects(text);
  assert.ok(first !== undefined);
  assert.equal(pemOf(first), text);
});
