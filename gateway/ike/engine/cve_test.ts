// What has been a vulnerability of another implementation, as an attacker would do it here. Those
// of certificates and signatures are tested where these are read.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ESP_PROPOSAL, IKE_PROPOSAL, transform } from "../../../tests/support/ike/arbitraries.ts";
import { messageOctets } from "../../../tests/support/ike/messages.ts";
import {
  CLASSIC,
  clientSettings,
  connect,
  createPair,
  type Pair,
  pathOf,
  serverSettings,
  target,
} from "../../../tests/support/ike/pair.ts";
import { act, connected, deliver, rest } from "../../../tests/support/ike/model.ts";
import {
  beginRogue,
  notifiesOf,
  type Reply,
  type Rogue,
} from "../../../tests/support/ike/rogue.ts";
import { prefix } from "../../../tests/support/parsed.ts";
import { KEY_EXCHANGES } from "../keys/key_exchanges.ts";
import { espDefaults } from "../suites/suite.ts";
import { EXCHANGE, FLAG, PROTOCOL, TRANSFORM } from "../wire/constants.ts";
import { NOTIFY } from "../wire/notify_types.ts";
import { makeEspNotify, makeNotify } from "../wire/payloads/notify.ts";
import type { Payload } from "../wire/payloads/payload.ts";
import type { IkeAction } from "./actions.ts";
import { selectorsOf } from "./children.ts";
import type { IkeEngine } from "./engine.ts";

function server(): IkeEngine {
  return createPair(serverSettings(), clientSettings()).server.engine;
}

function kinds({ actions }: Reply): string[] {
  return actions.map(({ kind }) => kind);
}

const NONCE: Payload = { kind: "nonce", data: new Uint8Array(32).fill(1) };
const TS = ["tsi", "tsr"].map((kind) =>
  selectorsOf(kind as "tsi" | "tsr", [prefix("10.93.64.1/32"), prefix("10.93.29.0/24")])
);

function ke(method: number, data: Uint8Array): Payload {
  return { kind: "ke", method, data };
}

function x25519(): Payload {
  return ke(31, KEY_EXCHANGES[31].generate().publicValue);
}

const CREATE_CHILD: readonly Payload[] = [{ kind: "sa", proposals: [ESP_PROPOSAL] }, NONCE, ...TS];

function rekeyIke(
  change: { readonly number?: number; readonly kes?: readonly number[] } = {},
): Payload[] {
  const spi = new Uint8Array(8).fill(7);
  const kes = (change.kes ?? [31]).map((id) => transform(TRANSFORM.KE, id));
  const others = IKE_PROPOSAL.transforms.filter(({ type }) => type !== TRANSFORM.KE);
  const proposal = {
    ...IKE_PROPOSAL,
    spi,
    number: change.number ?? 1,
    transforms: [...others, ...kes],
  };
  return [{ kind: "sa", proposals: [proposal] }, NONCE, x25519()];
}

test("CVE-2026-78135, CVE-2014-2338: nothing but IKE_AUTH has an effect before AUTH", () => {
  const cases: readonly [number, readonly Payload[]][] = [
    [EXCHANGE.CREATE_CHILD_SA, CREATE_CHILD],
    [EXCHANGE.CREATE_CHILD_SA, rekeyIke()],
    [EXCHANGE.CREATE_CHILD_SA, [makeEspNotify(NOTIFY.REKEY_SA, 0x1000), ...CREATE_CHILD]],
    [EXCHANGE.INFORMATIONAL, [{ kind: "delete", protocol: PROTOCOL.ESP, spis: [0x2000] }]],
    [EXCHANGE.INFORMATIONAL, [{ kind: "delete", protocol: PROTOCOL.IKE, spis: [] }]],
    [EXCHANGE.INFORMATIONAL, [{ kind: "cp", type: 1, attributes: [] }]],
    [EXCHANGE.INFORMATIONAL, [makeNotify(NOTIFY.UPDATE_SA_ADDRESSES)]],
    [EXCHANGE.INFORMATIONAL, [makeNotify(NOTIFY.INITIAL_CONTACT)]],
    [EXCHANGE.INFORMATIONAL, [makeNotify(NOTIFY.TICKET_REQUEST)]],
    [EXCHANGE.INFORMATIONAL, []],
    [EXCHANGE.IKE_FOLLOWUP_KE, [x25519()]],
    [EXCHANGE.IKE_INTERMEDIATE, [x25519()]],
    [99, []],
  ];
  for (const [exchange, payloads] of cases) {
    const pair = createPair(serverSettings(), clientSettings());
    // Somebody else is up, with a Child SA that must not be touched.
    connect(pair, target());
    const { engine } = pair.server;
    const reply = beginRogue(engine).send(exchange, payloads);
    assert.deepEqual(notifiesOf(reply), [NOTIFY.INVALID_SYNTAX], `${exchange}`);
    assert.deepEqual(kinds(reply), ["send", "refused"], `${exchange}`);
    assert.deepEqual(engine.established(), [1]);
  }
});

test("CVE-2026-78135: IKE_AUTH with a wrong AUTH installs, leases and ends nothing", () => {
  const pair = createPair(serverSettings(), clientSettings());
  connect(pair, target());
  const rogue = beginRogue(pair.server.engine);
  const payloads = rogue.authPayloads().map((payload) =>
    payload.kind === "auth" ? { ...payload, data: payload.data.map((octet) => octet ^ 1) } : payload
  );
  const reply = rogue.send(EXCHANGE.IKE_AUTH, [...payloads, makeNotify(NOTIFY.INITIAL_CONTACT)]);
  assert.deepEqual(notifiesOf(reply), [NOTIFY.AUTHENTICATION_FAILED]);
  assert.deepEqual(kinds(reply), ["send", "refused"]);
  assert.deepEqual(pair.server.engine.established(), [1]);
  // The IKE SA is gone: nothing further is taken under its keys.
  assert.deepEqual(rogue.authenticate().actions, []);
});

test("CVE-2021-45079, CVE-2015-8023: EAP that nobody asked for brings nobody up", () => {
  for (const code of [1, 2, 3, 4]) {
    const rogue = beginRogue(server());
    const eap: Payload = { kind: "eap", packet: Uint8Array.of(code, 1, 0, 4) };
    const without = rogue.authPayloads().filter(({ kind }) => kind !== "auth");
    const reply = rogue.send(EXCHANGE.IKE_AUTH, [...without, eap]);
    assert.deepEqual(notifiesOf(reply), [NOTIFY.AUTHENTICATION_FAILED]);
    assert.deepEqual(kinds(reply), ["send", "refused"]);
  }
});

test("CVE-2024-2357: a peer without a secret is not let in by the empty one", () => {
  const [peer] = serverSettings().peers;
  assert.ok(peer !== undefined);
  const psk = new Uint8Array(0);
  const peers = [{ ...peer, psk }];
  const pair = createPair(serverSettings({ peers }), clientSettings());
  connect(pair, target({ psk }));
  assert.deepEqual(pair.server.engine.established(), []);
  assert.deepEqual(pair.client.engine.established(), []);
});

test("CVE-2026-78133: a Child SA that goes while its rekey waits is not used any more", () => {
  const ike = { ...CLASSIC, ke1s: [36] as const };
  const esp = { ...espDefaults("native"), ke1s: [36] as const };
  for (const first of ["client", "server"] as const) {
    const second = first === "client" ? "server" : "client";
    const model = connected({ ike, esp });
    act(model, first, model[first].engine.rekey(model.now, 1, "children"));
    act(model, second, model[second].engine.rekey(model.now, 1, "children"));
    deliver(model, second);
    deliver(model, first);
    // Both have answered. Now the IKE SA ends under the additional key exchanges.
    act(model, first, model[first].engine.end(model.now, 1));
    rest(model);
    for (const side of ["client", "server"] as const) {
      assert.deepEqual([model[side].inbound.size, model[side].outbound.size], [0, 0]);
      assert.deepEqual(model[side].engine.established(), []);
    }
  }
});

test("CVE-2026-78133: a Delete of the Child SA between rekey and IKE_FOLLOWUP_KE", () => {
  const esp = { ...espDefaults("native"), ke1s: [36] as const };
  const ike = { ...CLASSIC, ke1s: [36] as const };
  const { engine } = createPair(serverSettings({ ike, esp }), clientSettings()).server;
  const more = [makeNotify(NOTIFY.INTERMEDIATE_EXCHANGE_SUPPORTED)];
  const rogue = beginRogue(engine, { ke1: 36, more });
  rogue.intermediate(36);
  rogue.authenticate();
  const hybrid = {
    ...ESP_PROPOSAL,
    spi: Uint8Array.of(0xc0, 0xff, 0xee, 0x02),
    transforms: [
      ...ESP_PROPOSAL.transforms,
      transform(TRANSFORM.KE, 31),
      transform(TRANSFORM.ADDITIONAL_KE_1, 36),
    ],
  };
  const reply = rogue.send(EXCHANGE.CREATE_CHILD_SA, [
    makeEspNotify(NOTIFY.REKEY_SA, 0xc0ffee01),
    { kind: "sa", proposals: [hybrid] },
    NONCE,
    x25519(),
    ...TS,
  ]);
  const link = reply.payloads.find((payload) =>
    payload.kind === "notify" && payload.type === NOTIFY.ADDITIONAL_KEY_EXCHANGE
  );
  assert.ok(link?.kind === "notify", JSON.stringify(reply.payloads));
  rogue.send(EXCHANGE.INFORMATIONAL, [
    { kind: "delete", protocol: PROTOCOL.ESP, spis: [0xc0ffee01] },
  ]);
  const late = rogue.send(EXCHANGE.IKE_FOLLOWUP_KE, [
    ke(36, KEY_EXCHANGES[36].generate().publicValue),
    makeNotify(NOTIFY.ADDITIONAL_KEY_EXCHANGE, link.data),
  ]);
  assert.deepEqual(notifiesOf(late), [NOTIFY.STATE_NOT_FOUND]);
  assert.deepEqual(kinds(late), ["send"]);
  assert.equal(engine.established().length, 1);
});

/** Sends IKE_SA_INIT with these payloads, and returns what came of it. */
function init(payloads: readonly Payload[]): readonly IkeAction[] {
  const spiI = new Uint8Array(8).fill(5);
  const header = { spiI, spiR: new Uint8Array(8), exchange: EXCHANGE.IKE_SA_INIT };
  const octets = messageOctets({ ...header, flags: FLAG.INITIATOR, messageId: 0 }, payloads);
  return server().receive(0, octets, pathOf(1, ON_SERVER));
}

/** The notify of an answer without SK, with its data; 0 for an answer that makes an IKE SA. */
function answered(actions: readonly IkeAction[]): number[] {
  const [sent] = actions;
  assert.ok(sent?.kind === "send");
  const isSa = sent.octets[16] === 33;
  return isSa
    ? [0]
    : [((sent.octets[34] ?? 0) << 8) | (sent.octets[35] ?? 0), ...sent.octets.slice(36)];
}

function proposalOf(kes: readonly number[]): Payload {
  const transforms = [
    transform(TRANSFORM.ENCR, 20, 256),
    transform(TRANSFORM.PRF, 5),
    ...kes.map((id) => transform(TRANSFORM.KE, id)),
  ];
  return { kind: "sa", proposals: [{ ...IKE_PROPOSAL, transforms }] };
}

test("CVE-2014-9221: a key exchange of a private number is unknown, and nothing more", () => {
  assert.deepEqual(answered(init([proposalOf([1025]), ke(1025, new Uint8Array(32)), NONCE])), [
    NOTIFY.NO_PROPOSAL_CHOSEN,
  ]);
  const both = init([proposalOf([1025, 31]), ke(1025, new Uint8Array(32)), NONCE]);
  assert.deepEqual(answered(both), [NOTIFY.INVALID_KE_PAYLOAD, 0, 31]);
});

test("CVE-2016-5391, CVE-2015-3240: no key exchange, one of no octets, one of zeros", () => {
  assert.deepEqual(answered(init([proposalOf([]), x25519(), NONCE])), [NOTIFY.NO_PROPOSAL_CHOSEN]);
  for (const len of [0, 1, 31, 33, 8192]) {
    const actions = init([proposalOf([31]), ke(31, new Uint8Array(len)), NONCE]);
    assert.deepEqual(answered(actions), [NOTIFY.INVALID_SYNTAX], `${len} octets`);
  }
  assert.deepEqual(answered(init([proposalOf([31]), NONCE])), [NOTIFY.INVALID_SYNTAX]);
  // A value of zeros is found when the secret is needed, and gives no keys.
  const engine = server();
  const header = { spiI: new Uint8Array(8).fill(5), spiR: new Uint8Array(8) };
  const head = { ...header, exchange: EXCHANGE.IKE_SA_INIT, flags: FLAG.INITIATOR, messageId: 0 };
  const zero = messageOctets(head, [proposalOf([31]), ke(31, new Uint8Array(32)), NONCE]);
  const [sent] = engine.receive(0, zero, pathOf(1, ON_SERVER));
  assert.ok(sent?.kind === "send");
  const spis = { spiI: header.spiI, spiR: sent.octets.slice(8, 16) };
  const unknown = {
    kind: "unknown",
    type: 46,
    isCritical: false,
    body: new Uint8Array(60),
  } as const;
  const next = messageOctets({ ...head, ...spis, exchange: 35, messageId: 1 }, [unknown]);
  const actions = engine.receive(0, next, pathOf(1, ON_SERVER));
  assert.deepEqual(actions.map(({ kind }) => kind), ["refused"]);
});

/** An IKE SA that is up, of somebody who then does as he likes. */
function insider(): { readonly rogue: Rogue; readonly engine: IkeEngine } {
  const engine = server();
  const rogue = beginRogue(engine);
  assert.ok(rogue.authenticate().actions.some(({ kind }) => kind === "established"));
  return { rogue, engine };
}

test("CVE-2023-38710: REKEY_SA of another protocol, or with an SPI of another length", () => {
  const good = makeEspNotify(NOTIFY.REKEY_SA, 0xc0ffee01);
  for (const protocol of [0, 1, 2, 255]) {
    for (const spi of [good.spi, new Uint8Array(0), new Uint8Array(8), new Uint8Array(255)]) {
      const { rogue, engine } = insider();
      const rekey = { ...good, protocol, spi };
      const reply = rogue.send(EXCHANGE.CREATE_CHILD_SA, [rekey, ...CREATE_CHILD]);
      assert.deepEqual(notifiesOf(reply), [NOTIFY.CHILD_SA_NOT_FOUND], `${protocol}`);
      assert.deepEqual(kinds(reply), ["send"]);
      assert.equal(engine.established().length, 1);
    }
  }
});

/** TSi as octets that the codec would not write. */
function oddSelectors(body: readonly number[]): Payload {
  return { kind: "unknown", type: 44, isCritical: false, body: Uint8Array.from(body) };
}

test("CVE-2023-23009: selectors that are none, are too short, or end before they begin", () => {
  const selector = [7, 0, 0, 16, 0, 0, 255, 255, 10, 0, 0, 0, 10, 0, 0, 255];
  const cases: readonly [number[], number][] = [
    [[0, 0, 0, 0], NOTIFY.TS_UNACCEPTABLE],
    [[1, 0, 0, 0], NOTIFY.INVALID_SYNTAX],
    [[2, 0, 0, 0, ...selector], NOTIFY.INVALID_SYNTAX],
    [[1, 0, 0, 0, ...selector.with(3, 15)], NOTIFY.INVALID_SYNTAX],
    [[1, 0, 0, 0, ...selector.with(3, 0)], NOTIFY.INVALID_SYNTAX],
    [[1, 0, 0, 0, ...selector.with(8, 11)], NOTIFY.TS_UNACCEPTABLE],
    [[1, 0, 0, 0, ...selector.with(0, 9)], NOTIFY.TS_UNACCEPTABLE],
  ];
  for (const [body, notify] of cases) {
    const { rogue } = insider();
    const [, tsr] = TS;
    assert.ok(tsr !== undefined);
    const payloads: Payload[] = [...CREATE_CHILD.slice(0, 2), oddSelectors(body), tsr];
    const reply = rogue.send(EXCHANGE.CREATE_CHILD_SA, payloads);
    assert.deepEqual(notifiesOf(reply), [notify], `${body}`);
    assert.ok(!kinds(reply).includes("install"));
  }
});

test("CVE-2026-12413: more payloads than there may be, in each place", () => {
  const many = (count: number, payload: Payload): Payload[] =>
    Array.from({ length: count }, () => payload);
  const notify = makeNotify(40_000);
  const vendor: Payload = { kind: "vendor", data: new Uint8Array(16) };
  const cert: Payload = { kind: "cert", encoding: 4, data: new Uint8Array(10) };
  const cases = [many(70, notify), many(40, vendor), many(9, cert), many(33, notify)];
  for (const payloads of cases) {
    const { rogue, engine } = insider();
    const reply = rogue.send(EXCHANGE.INFORMATIONAL, payloads);
    assert.deepEqual(notifiesOf(reply), [NOTIFY.INVALID_SYNTAX]);
    assert.deepEqual(engine.established(), []);
    const first = init([proposalOf([31]), x25519(), NONCE, ...payloads]);
    assert.deepEqual(answered(first), [NOTIFY.INVALID_SYNTAX]);
  }
});

test("IW4, IW54, IW57: rekeys as some clients send them", () => {
  const cp: Payload = { kind: "cp", type: 1, attributes: [] };
  const rekeyed = insider().rogue.send(EXCHANGE.CREATE_CHILD_SA, rekeyIke({ number: 3 }));
  const sa = rekeyed.payloads.find(({ kind }) => kind === "sa");
  assert.ok(sa?.kind === "sa");
  assert.equal(sa.proposals[0]?.number, 3);
  const rekey = makeEspNotify(NOTIFY.REKEY_SA, 0xc0ffee01);
  const spi = Uint8Array.of(0xc0, 0xff, 0xee, 0x02);
  const proposal = { ...ESP_PROPOSAL, spi };
  const child = (more: readonly Payload[], kes: readonly number[]): Payload[] => {
    const transforms = [
      ...proposal.transforms,
      ...kes.map((id) => transform(TRANSFORM.KE, id)),
    ];
    return [rekey, { kind: "sa", proposals: [{ ...proposal, transforms }] }, NONCE, ...more, ...TS];
  };
  const plain = insider().rogue.send(EXCHANGE.CREATE_CHILD_SA, child([cp], []));
  assert.deepEqual(plain.payloads.map(({ kind }) => kind), ["sa", "nonce", "tsi", "tsr"]);
  const other = insider().rogue.send(
    EXCHANGE.CREATE_CHILD_SA,
    child([ke(2, new Uint8Array(128))], [2, 31]),
  );
  assert.deepEqual(notifiesOf(other), [NOTIFY.INVALID_KE_PAYLOAD]);
});

test("IS63: a Child SA is rekeyed once, and a second time not before it is deleted", () => {
  const { rogue } = insider();
  const rekey = (last: number): Payload[] => [
    makeEspNotify(NOTIFY.REKEY_SA, 0xc0ffee01),
    {
      kind: "sa",
      proposals: [{ ...ESP_PROPOSAL, spi: Uint8Array.of(0xc0, 0xff, 0xee, last) }],
    },
    NONCE,
    ...TS,
  ];
  assert.deepEqual(notifiesOf(rogue.send(EXCHANGE.CREATE_CHILD_SA, rekey(2))), []);
  const second = rogue.send(EXCHANGE.CREATE_CHILD_SA, rekey(3));
  assert.deepEqual(notifiesOf(second), [NOTIFY.TEMPORARY_FAILURE]);
  assert.deepEqual(kinds(second), ["send"]);
});

test("IS41: a rekey of the IKE SA takes no weaker key exchange than the settings have", () => {
  for (const kes of [[2], [1], [0], []]) {
    const { rogue, engine } = insider();
    const reply = rogue.send(EXCHANGE.CREATE_CHILD_SA, rekeyIke({ kes }));
    assert.deepEqual(notifiesOf(reply), [NOTIFY.NO_PROPOSAL_CHOSEN]);
    assert.equal(engine.established().length, 1);
  }
});

test("IW72: an answer that nobody waits for, and one of another exchange, do nothing", () => {
  const pair: Pair = createPair(serverSettings(), clientSettings());
  connect(pair, target());
  pair.now = 31_000;
  pair.let(pair.client, pair.client.engine.tick(pair.now));
  const [request] = pair.wire.splice(0);
  assert.ok(request !== undefined);
  const [answer] = pair.server.engine.receive(pair.now, request.octets, pathOf(1, ON_SERVER));
  assert.ok(answer?.kind === "send");
  const { octets } = answer;
  for (const [at, value] of [[18, 36], [23, 9]] as const) {
    const changed = octets.with(at, value);
    assert.deepEqual(pair.client.engine.receive(pair.now, changed, pathOf(1, ON_CLIENT)), []);
  }
  assert.deepEqual(pair.client.engine.receive(pair.now, octets.slice(), pathOf(1, ON_CLIENT)), []);
  assert.deepEqual(pair.client.engine.receive(pair.now, octets.slice(), pathOf(1, ON_CLIENT)), []);
  assert.deepEqual(pair.client.engine.established(), [1]);
});

const ON_SERVER = true;
const ON_CLIENT = false;
