import assert from "node:assert/strict";
import { test } from "node:test";
import {
  certificateDer,
  certificateSettings,
  TEST_TIME,
} from "../../../tests/support/ike/certificates.ts";
import {
  assertUp,
  BOTH,
  certificateClient,
  certificateServer,
  certificateTarget,
  isUp,
  refusals,
} from "../../../tests/support/ike/certificate_pair.ts";
import { connect, createPair, identity } from "../../../tests/support/ike/pair.ts";
import { openTestPki } from "../../../tests/support/ike/pki.ts";
import type { CertificateSettings } from "../certificates/settings.ts";
import { type Identity, identityText } from "../identity/identity.ts";
import type { AuthKind } from "./settings.ts";

/** A time at which the CRL of the tests is over, and no certificate is: 2125-09-01. */
const LATE = 4_912_531_200;

for (const name of ["p256", "p384", "p521", "ed25519", "rsa", "below"]) {
  test(`IA1, IA11: both ends prove themselves by certificate (${name}), with method 14`, () => {
    const pair = createPair(
      certificateServer(certificateSettings(name)),
      certificateClient(certificateSettings(name)),
    );
    connect(pair, certificateTarget());
    assertUp(pair);
    const kinds = pair.server.told.map(({ kind }) => kind);
    assert.deepEqual(kinds, ["established", "leased", "install", "install"]);
  });
}

test("IA3: RSA is signed as PSS or as PKCS #1, and both are believed", () => {
  for (const rsa of ["pss", "pkcs1"] as const) {
    const own = certificateSettings("rsa", { rsa });
    const pair = createPair(certificateServer(own), certificateClient(certificateSettings("p256")));
    connect(pair, certificateTarget());
    assertUp(pair);
  }
});

test("IM22: each direction has a method of its own", () => {
  const cases: readonly [own: AuthKind, peer: AuthKind][] = [["cert", "psk"], ["psk", "cert"]];
  for (const [own, peer] of cases) {
    const pair = createPair(
      certificateServer(certificateSettings("p256"), { auth: { own, peer } }),
      certificateClient(certificateSettings("ed25519")),
    );
    connect(pair, certificateTarget({ own: peer, peer: own }));
    assertUp(pair);
  }
});

test("IA40: a client that trusts a CA and has no certificate gets the server's", () => {
  const pair = createPair(
    certificateServer(certificateSettings("below", { anchors: [] }), {
      auth: { own: "cert", peer: "psk" },
    }),
    certificateClient(certificateSettings(null)),
  );
  connect(pair, certificateTarget({ own: "psk", peer: "cert" }));
  assertUp(pair);
});

/** Certificates of a client that a server refuses, with what it says. */
const REFUSED: Readonly<Record<string, readonly [string, Partial<CertificateSettings>?]>> = {
  expired: ["certificate_expired: carol@example.org: a certificate is expired"],
  foreign: ["certificate_foreign: carol@example.org: no path leads to a trusted CA"],
  revoked: ["certificate_revoked: carol@example.org: a certificate is revoked", {
    crls: [certificateDer("root.crl")],
  }],
  nameless: [
    "certificate_identity: carol@example.org: the certificate does not have this identity among " +
    "its alternative names",
  ],
  small: [
    "certificate_key: carol@example.org: the key is of a kind that is not allowed, such as RSA " +
    "below 2048 bits",
  ],
  sha1: [
    "certificate_algorithm: carol@example.org: a certificate is signed by an algorithm that is " +
    "not allowed, such as SHA-1",
  ],
  coding: [
    "certificate_usage: carol@example.org: the certificate is not for signatures of IKE",
  ],
  root: ["certificate_usage: carol@example.org: the certificate is a CA's"],
};

for (const [name, [text, change]] of Object.entries(REFUSED)) {
  test(`IA41, IA42, IA45: a certificate is refused (${name})`, () => {
    const pair = createPair(
      certificateServer(certificateSettings("p256", change)),
      certificateClient(certificateSettings(name)),
    );
    connect(pair, certificateTarget());
    assert.deepEqual(refusals(pair.server), [text]);
    assert.match(refusals(pair.client).join(), /^refused_by_peer/);
    assert.deepEqual(pair.server.told.filter(({ kind }) => kind !== "refused"), []);
    assert.ok(!isUp(pair));
  });
}

test("IA41: an initiator refuses a responder in the same way", () => {
  const pair = createPair(
    certificateServer(certificateSettings("foreign")),
    certificateClient(certificateSettings("p256")),
  );
  connect(pair, certificateTarget());
  assert.deepEqual(refusals(pair.client), [
    "certificate_foreign: gw.example.org: no path leads to a trusted CA",
  ]);
  assert.deepEqual(pair.client.told.filter(({ kind }) => kind === "install"), []);
});

test("IA12: the key that signs is that of the first certificate", () => {
  const own = certificateSettings("p256");
  const chain = [certificateDer("p256.pem")];
  const other = { ...own, own: { chain, key: certificateDer("revoked.key"), rsa: "pss" as const } };
  const pair = createPair(certificateServer(own), certificateClient(other));
  connect(pair, certificateTarget());
  assert.deepEqual(refusals(pair.server), [
    "signature: carol@example.org: the key is not the certificate's",
  ]);
});

test("IA32: an identity that the certificate does not have is refused, though both are known", () => {
  const pair = createPair(
    certificateServer(certificateSettings("p256")),
    certificateClient(certificateSettings("p256"), { localId: identity("dave@example.org") }),
  );
  connect(pair, certificateTarget());
  assert.match(refusals(pair.server).join(), /^certificate_identity: dave@example.org/);
});

test("IA32: addresses and distinguished names are identities too, with any case in names", () => {
  const subject = openTestPki().describe(certificateDer("p256.pem"))?.subject;
  assert.ok(subject !== undefined);
  const names: readonly Identity[] = [
    identity("192.0.2.1"),
    identity("GW.Example.org"),
    { type: 9, data: subject },
  ];
  for (const localId of names) {
    const settings = certificateServer(certificateSettings("p256"));
    const peers = settings.peers.map((peer) => ({ ...peer, remoteId: "%any" }));
    const pair = createPair(
      { ...settings, peers },
      certificateClient(certificateSettings("p256"), { localId }),
    );
    connect(pair, certificateTarget());
    assert.ok(isUp(pair), identityText(localId));
  }
});

test("each side insists on the method that is set for the other", () => {
  const byPsk = createPair(
    certificateServer(certificateSettings("p256"), { auth: BOTH }),
    certificateClient(certificateSettings("p256")),
  );
  connect(byPsk, certificateTarget({ own: "psk", peer: "cert" }));
  assert.deepEqual(refusals(byPsk.server), [
    "auth_method: carol@example.org: method 2, and not by cert",
  ]);
  const byCert = createPair(
    certificateServer(certificateSettings("p256"), { auth: { own: "cert", peer: "psk" } }),
    certificateClient(certificateSettings("p256")),
  );
  connect(byCert, certificateTarget());
  assert.deepEqual(refusals(byCert.server), [
    "auth_method: carol@example.org: method 14, and not by psk",
  ]);
  const stranger = createPair(
    certificateServer(null, { auth: { own: "psk", peer: "psk" } }),
    certificateClient(certificateSettings("p256")),
  );
  connect(stranger, certificateTarget());
  assert.match(refusals(stranger.server).join(), /^auth_method/);
});

test("IA43: where CRLs are demanded, a CA without one, and an old one, are refused", () => {
  const crls = [certificateDer("root.crl")];
  const cases: readonly [Partial<CertificateSettings>, number, string][] = [
    [{ needsCrl: true, crls }, TEST_TIME, ""],
    [{ needsCrl: true }, TEST_TIME, "certificate_crl: carol@example.org: a CA has no CRL"],
    [{ needsCrl: true, crls }, LATE, "certificate_crl: carol@example.org: the CRL of a CA"],
    [{ crls }, LATE, ""],
  ];
  for (const [change, when, text] of cases) {
    const pair = createPair(
      certificateServer(certificateSettings("p256", change)),
      certificateClient(certificateSettings("p256")),
      when,
    );
    connect(pair, certificateTarget());
    assert.ok(refusals(pair.server).join().startsWith(text), refusals(pair.server).join());
    assert.equal(isUp(pair), text === "");
  }
});

test("a certificate that is revoked loses its IKE SA with the next settings", () => {
  const before = certificateServer(certificateSettings("p256"));
  const pair = createPair(before, certificateClient(certificateSettings("revoked")));
  connect(pair, certificateTarget());
  assertUp(pair);
  pair.let(pair.server, pair.server.engine.reload(pair.now, before));
  pair.settle();
  assertUp(pair);
  const certificates = certificateSettings("p256", { crls: [certificateDer("root.crl")] });
  pair.let(pair.server, pair.server.engine.reload(pair.now, { ...before, certificates }));
  pair.settle();
  assert.ok(!isUp(pair));
  assert.equal(pair.server.told.at(-1)?.kind, "ended");
});

test("an IKE SA that was rekeyed keeps what its peer has proved", () => {
  const before = certificateServer(certificateSettings("p256"));
  const pair = createPair(before, certificateClient(certificateSettings("revoked")));
  connect(pair, certificateTarget());
  const [ike = 0] = pair.server.engine.established();
  pair.let(pair.server, pair.server.engine.rekey(pair.now, ike, "ike"));
  pair.settle();
  const certificates = certificateSettings("p256", { crls: [certificateDer("root.crl")] });
  pair.let(pair.server, pair.server.engine.reload(pair.now, { ...before, certificates }));
  pair.settle();
  assert.ok(!isUp(pair));
});
