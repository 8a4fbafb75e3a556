// Certificates together with additional key exchanges, postquantum preshared keys and tickets.

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import {
  assertUp,
  BOTH,
  certificateClient,
  certificateServer,
  certificateTarget,
  isUp,
  refusals,
} from "../../../tests/support/ike/certificate_pair.ts";
import {
  certificateDer,
  certificateFile,
  certificateSettings,
} from "../../../tests/support/ike/certificates.ts";
import {
  CLASSIC,
  connect,
  createPair,
  type End,
  type Pair,
} from "../../../tests/support/ike/pair.ts";
import { beginRogue } from "../../../tests/support/ike/rogue.ts";
import type { CertificateSettings } from "../certificates/settings.ts";
import { CERT, EXCHANGE } from "../wire/constants.ts";
import type { Target } from "./ike_sa.ts";
import type { AuthKind, IkeSettings, Ppk, ResumptionTicket, TicketSettings } from "./settings.ts";

const HYBRID = { ...CLASSIC, ke1s: [36] as const };
const PPK: Ppk = {
  id: Uint8Array.of(2, ...new TextEncoder().encode("ppk-1")),
  key: new Uint8Array(32).fill(7),
  isMandatory: false,
};
const RESUMED = [38, 38, 35, 35];
const ANEW = [38, 38, 34, 34, 35, 35];
const HOUR = 3_600_000;
const TICKETS: TicketSettings = {
  keys: [{ id: 1, key: new Uint8Array(32).fill(1) }],
  lifetimeMs: HOUR,
};

const OWN = certificateSettings("p256");

test("IA5, IK10: certificates go with an additional key exchange", () => {
  for (const name of ["p256", "rsa", "ed25519"]) {
    const pair = createPair(
      certificateServer(certificateSettings(name), { ike: HYBRID }),
      certificateClient(certificateSettings(name), { ike: HYBRID }),
    );
    assert.deepEqual(connect(pair, certificateTarget()), [34, 34, 43, 43, 35, 35]);
    assertUp(pair);
  }
});

/** Runs two ends that have a PPK and certificates, or one of them the secret. */
function withPpk(client: Partial<Ppk> | null, server: Partial<Ppk> | null, own: AuthKind): Pair {
  const of = (ppk: Partial<Ppk> | null): { ppk?: Ppk } =>
    ppk === null ? {} : { ppk: { ...PPK, ...ppk } };
  const pair = createPair(
    certificateServer(OWN, { ike: HYBRID, auth: { own: "cert", peer: own }, peer: of(server) }),
    certificateClient(OWN, { ike: HYBRID }),
  );
  connect(pair, certificateTarget({ own, peer: "cert" }, of(client)));
  return pair;
}

test("IK16, IK17: certificates go with a PPK, with one that is unknown, and without", () => {
  const other = { id: Uint8Array.of(2, 9) };
  const wrong = { key: new Uint8Array(32).fill(8) };
  const must = { isMandatory: true };
  const cases: readonly [Partial<Ppk> | null, Partial<Ppk> | null, string][] = [
    [{}, {}, ""],
    [must, must, ""],
    [must, {}, ""],
    [null, {}, ""],
    [{}, null, ""],
    // Here NO_PPK_AUTH is what is verified.
    [other, {}, ""],
    [other, must, "ppk"],
    [{ ...other, ...must }, {}, "ppk"],
    [null, must, "ppk"],
    [wrong, {}, "wrong"],
  ];
  for (const own of ["cert", "psk"] as const) {
    for (const [client, server, reason] of cases) {
      const pair = withPpk(client, server, own);
      const said = reason === "wrong" ? WRONG[own] : reason;
      assert.equal(isUp(pair), said === "", JSON.stringify([own, client, server]));
      assert.equal(refusals(pair.server).join().split(":")[0], said);
    }
  }
});

const WRONG = { cert: "signature", psk: "secret" };

function server(
  certificates: CertificateSettings = OWN,
  change: Partial<IkeSettings> & { readonly auth?: typeof BOTH } = {},
): IkeSettings {
  return certificateServer(certificates, { tickets: TICKETS, ...change });
}

function to(ticket?: ResumptionTicket): Target {
  const goal = certificateTarget(BOTH, { wantsTickets: true });
  return ticket === undefined ? goal : { ...goal, ticket };
}

function lastTicket({ told }: End): ResumptionTicket {
  const found = told.findLast((action) => action.kind === "ticket");
  assert.ok(found?.kind === "ticket");
  return found.ticket;
}

/** The ticket that a client with a certificate gets. */
function ticketOf(name: string, settings: IkeSettings = server()): ResumptionTicket {
  const pair = createPair(settings, certificateClient(certificateSettings(name)));
  connect(pair, to());
  assertUp(pair);
  return lastTicket(pair.client);
}

test("IK19: an IKE SA of certificates is resumed without them, and rekeyed", () => {
  const pair = createPair(server(), certificateClient(OWN));
  assert.deepEqual(connect(pair, to(ticketOf("p256"))), RESUMED);
  assertUp(pair);
  pair.let(pair.client, pair.client.engine.rekey(pair.now, 1, "ike"));
  pair.settle();
  assertUp(pair);
  const again = createPair(server(), certificateClient(OWN));
  const [, , request] = sizesOf(again, to(ticketOf("p256")));
  const [, , whole] = sizesOf(createPair(server(), certificateClient(OWN)), to());
  assert.ok(request !== undefined && whole !== undefined && whole - request > 400);
});

/** Octets of the messages of an attempt. */
function sizesOf(pair: Pair, goal: Target): number[] {
  const sizes: number[] = [];
  const { deliver } = pair;
  pair.deliver = (sent) => {
    sizes.push(sent.octets.length);
    deliver(sent);
  };
  connect(pair, goal);
  return sizes;
}

test("IK22: a ticket does not outlive a change of CAs, of CRLs or of the method", () => {
  const ticket = ticketOf("revoked");
  const same = createPair(server(), certificateClient(certificateSettings("revoked")));
  assert.deepEqual(connect(same, to(ticket)), RESUMED);
  const other: readonly IkeSettings[] = [
    server(certificateSettings("p256", { crls: [certificateDer("root.crl")] })),
    server(certificateSettings("p256", { anchors: [certificateDer("stranger.pem")] })),
    server(certificateSettings("p256", { usage: "ike" })),
    server(certificateSettings("p256", { needsCrl: true })),
  ];
  for (const settings of other) {
    const pair = createPair(settings, certificateClient(certificateSettings("revoked")));
    assert.deepEqual(connect(pair, to(ticket)).slice(0, 4), ANEW.slice(0, 4));
  }
  const bySecret = createPair(
    server(OWN, { auth: { own: "cert", peer: "psk" } }),
    certificateClient(OWN),
  );
  assert.deepEqual(connect(bySecret, to(ticket)).slice(0, 4), ANEW.slice(0, 4));
  // The server's own certificate may be another one.
  const renewed = createPair(server(certificateSettings("ed25519")), certificateClient(OWN));
  assert.deepEqual(connect(renewed, to(ticket)), RESUMED);
});

test("IK22: a CRL that is new ends an IKE SA that was resumed, whose certificate nobody has", () => {
  const before = server();
  const pair = createPair(before, certificateClient(OWN));
  assert.deepEqual(connect(pair, to(ticketOf("p256"))), RESUMED);
  const reload = (certificates: CertificateSettings): void => {
    pair.let(pair.server, pair.server.engine.reload(pair.now, { ...before, certificates }));
    pair.settle();
  };
  reload(certificateSettings("p256"));
  assertUp(pair);
  reload(certificateSettings("p256", { crls: [certificateDer("root.crl")] }));
  assert.ok(!isUp(pair));
});

test("IK22: no ticket, and none of those that follow from it, outlives the certificate", () => {
  const { validTo } = new X509Certificate(certificateFile("p256.pem"));
  const until = new Date(validTo).getTime() / 1000;
  const at = (unixSeconds: number): Pair =>
    createPair(server(), certificateClient(OWN), unixSeconds);
  const first = at(until - 1800);
  connect(first, to());
  const ticket = lastTicket(first.client);
  assert.equal(ticket.lifetimeMs, 1_800_000);
  const second = at(until - 600);
  assert.deepEqual(connect(second, to(ticket)), RESUMED);
  const next = lastTicket(second.client);
  assert.equal(next.lifetimeMs, 600_000);
  const over = at(until);
  assert.deepEqual(connect(over, to(next)).slice(0, 4), ANEW.slice(0, 4));
  assert.ok(!isUp(over));
});

test("certificates that nobody has asked for decide nothing: the peer has the secret", () => {
  const before = server(OWN, { auth: { own: "psk", peer: "psk" } });
  const { engine } = createPair(before, certificateClient(OWN)).server;
  const rogue = beginRogue(engine);
  const data = certificateDer("revoked.pem");
  const cert = { kind: "cert", encoding: CERT.X509_SIGNATURE, data } as const;
  rogue.send(EXCHANGE.IKE_AUTH, [...rogue.authPayloads(), cert]);
  assert.deepEqual(engine.established(), [1]);
  const certificates = certificateSettings("p256", { crls: [certificateDer("root.crl")] });
  engine.reload(0, { ...before, certificates });
  assert.deepEqual(engine.established(), [1]);
});

test("IA21: a responder that is not believed is told", () => {
  const pair = createPair(
    certificateServer(certificateSettings("foreign")),
    certificateClient(OWN),
  );
  connect(pair, certificateTarget());
  assert.match(refusals(pair.client).join(), /^certificate_foreign/);
  assert.deepEqual(pair.server.engine.established(), []);
  assert.equal(pair.server.told.at(-1)?.kind, "ended");
});
