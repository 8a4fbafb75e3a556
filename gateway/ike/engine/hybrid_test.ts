import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ESP_PROPOSAL, transform } from "../../../tests/support/ike/arbitraries.ts";
import { prefix } from "../../../tests/support/parsed.ts";
import {
  act,
  assertOnePair,
  connected,
  deliver,
  exchange,
  type Model,
  rest,
  type Side,
  STEP,
  take,
} from "../../../tests/support/ike/model.ts";
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
import { beginRogue, notifiesOf, prfPlus, type Reply } from "../../../tests/support/ike/rogue.ts";
import { KEY_EXCHANGES } from "../keys/key_exchanges.ts";
import { espDefaults, IKE_DEFAULTS, type IkePolicy } from "../suites/suite.ts";
import { EXCHANGE, TRANSFORM } from "../wire/constants.ts";
import { NOTIFY } from "../wire/notify_types.ts";
import { makeEspNotify, makeNotify } from "../wire/payloads/notify.ts";
import type { Payload } from "../wire/payloads/payload.ts";
import { selectorsOf } from "./children.ts";
import type { IkeSettings } from "./settings.ts";

const MUST: IkePolicy = { ...CLASSIC, ke1s: [36] };
const ESP = { ...espDefaults("native"), ke1s: [36] as const };

function isUp({ client, server }: Pair): boolean {
  return client.engine.established().length === 1 && server.engine.established().length === 1;
}

test("IK12: which sides get an additional key exchange, and which do not meet", () => {
  const none = { ...CLASSIC, ke1s: [] };
  const may = IKE_DEFAULTS;
  const cases: readonly [IkePolicy, IkePolicy, number[]][] = [
    [may, may, [34, 34, 43, 43, 35, 35]],
    [MUST, MUST, [34, 34, 43, 43, 35, 35]],
    [may, MUST, [34, 34, 43, 43, 35, 35]],
    [MUST, may, [34, 34, 43, 43, 35, 35]],
    [{ ...CLASSIC, ke1s: [37] }, { ...CLASSIC, ke1s: [36, 37] }, [34, 34, 43, 43, 35, 35]],
    [none, may, [34, 34, 35, 35]],
    [may, none, [34, 34, 35, 35]],
    [none, MUST, [34, 34]],
    [MUST, none, [34, 34]],
    // A method does not come twice.
    [{ ...MUST, kes: [36] }, { ...MUST, kes: [36] }, [34, 34]],
  ];
  for (const [client, server, seen] of cases) {
    const pair = createPair(serverSettings({ ike: server }), clientSettings({ ike: client }));
    assert.deepEqual(connect(pair, target()), seen);
    assert.equal(isUp(pair), seen.at(-1) === 35);
  }
});

test("IK14: ML-KEM alone stands in IKE_SA_INIT, and is asked for by INVALID_KE_PAYLOAD", () => {
  for (const kes of [[36], [37], [36, 31]] as const) {
    const server = serverSettings({ ike: { ...CLASSIC, kes: [kes[0]] } });
    const pair = createPair(server, clientSettings({ ike: { ...CLASSIC, kes } }));
    assert.deepEqual(connect(pair, target()), [34, 34, 35, 35]);
    assert.ok(isUp(pair));
  }
  const late = { ...CLASSIC, kes: [31, 36] as const };
  const server = serverSettings({ ike: { ...CLASSIC, kes: [36] } });
  const pair = createPair(server, clientSettings({ ike: late }));
  assert.deepEqual(connect(pair, target()), [34, 34, 34, 34, 35, 35]);
});

/** Runs to the message of an exchange, changes it, and returns what it did at its receiver. */
function changed(
  [exchange, isAnswer]: readonly [number, boolean],
  change: (octets: Uint8Array) => void,
): Pair {
  const pair = createPair(serverSettings({ ike: MUST }), clientSettings({ ike: MUST }));
  pair.let(pair.client, pair.client.engine.initiate(0, target(), pathOf(1, ON_CLIENT)));
  for (let sent = pair.wire.shift(); sent !== undefined; sent = pair.wire.shift()) {
    const isIt = sent.octets[18] === exchange && ((sent.octets[19] ?? 0) & 0x20) !== 0 === isAnswer;
    if (isIt) change(sent.octets);
    pair.deliver(sent);
  }
  return pair;
}

test("IK10: a message of IKE_INTERMEDIATE that somebody changed brings nobody up", () => {
  for (const isAnswer of [false, true]) {
    for (const at of [20, 30, 40, 60, 1000]) {
      const pair = changed([43, isAnswer], (octets) => {
        octets[at] = (octets[at] ?? 0) ^ 1;
      });
      assert.deepEqual(pair.client.engine.established(), []);
      assert.deepEqual(pair.server.engine.established(), []);
    }
  }
});

const HYBRID = makeNotify(NOTIFY.INTERMEDIATE_EXCHANGE_SUPPORTED);

test("IK6, IK10: AUTH covers IKE_INTERMEDIATE as RFC 9242 says, and the keys are of both", () => {
  const { server } = createPair(serverSettings({ ike: MUST }), clientSettings());
  const rogue = beginRogue(server.engine, { ke1: 36, more: [HYBRID] });
  assert.equal(rogue.intermediate(36).payloads[0]?.kind, "ke");
  const { actions } = rogue.authenticate();
  assert.ok(actions.some(({ kind }) => kind === "established"), JSON.stringify(actions));
});

test("IK10: IntAuth of a second exchange covers the first one's", () => {
  const { server } = createPair(serverSettings({ ike: MUST }), clientSettings());
  const rogue = beginRogue(server.engine, { ke1: 36, more: [HYBRID] });
  rogue.emptyIntermediate();
  rogue.intermediate(36);
  const { actions } = rogue.authenticate();
  assert.ok(actions.some(({ kind }) => kind === "established"), JSON.stringify(actions));
});

test("IK6: AUTH without IntAuth is refused", () => {
  const { server } = createPair(serverSettings({ ike: MUST }), clientSettings());
  const rogue = beginRogue(server.engine, { ke1: 36, more: [HYBRID] });
  rogue.intermediate(36);
  rogue.intAuth.count = 0;
  assert.deepEqual(notifiesOf(rogue.authenticate()), [NOTIFY.AUTHENTICATION_FAILED]);
});

test("IK11: IKE_AUTH before the key exchange that was agreed on is refused", () => {
  const { server } = createPair(serverSettings({ ike: MUST }), clientSettings());
  const rogue = beginRogue(server.engine, { ke1: 36, more: [HYBRID] });
  assert.deepEqual(notifiesOf(rogue.authenticate()), [NOTIFY.INVALID_SYNTAX]);
  assert.deepEqual(server.engine.established(), []);
});

test("IK11: IKE_INTERMEDIATE that was not agreed on, another method, a bad key end it", () => {
  const key = KEY_EXCHANGES[36].generate().publicValue;
  const ke = (method: number, data: Uint8Array): Payload => ({ kind: "ke", method, data });
  const cases: readonly [more: Payload[], sent: Payload[]][] = [
    [[], [ke(36, key)]],
    [[HYBRID], [ke(37, KEY_EXCHANGES[37].generate().publicValue)]],
    [[HYBRID], [ke(36, key.subarray(1))]],
    [[HYBRID], [ke(36, new Uint8Array(1184).fill(0xff))]],
  ];
  for (const [more, sent] of cases) {
    const { server } = createPair(serverSettings(), clientSettings());
    const hybrid = createPair(serverSettings({ ike: MUST }), clientSettings()).server;
    const { engine } = more.length === 0 ? server : hybrid;
    const rogue = beginRogue(engine, more.length === 0 ? {} : { ke1: 36, more });
    const reply = rogue.send(EXCHANGE.IKE_INTERMEDIATE, sent);
    assert.deepEqual(notifiesOf(reply), [NOTIFY.INVALID_SYNTAX]);
    assert.deepEqual(reply.actions.map(({ kind }) => kind), ["send", "refused"]);
  }
});

test("IK11: without a key exchange IKE_INTERMEDIATE is for another extension, twice at most", () => {
  const { server } = createPair(serverSettings({ ike: MUST }), clientSettings());
  const rogue = beginRogue(server.engine, { ke1: 36, more: [HYBRID] });
  for (let i = 0; i < 2; i++) {
    assert.deepEqual(rogue.send(EXCHANGE.IKE_INTERMEDIATE, []).payloads, []);
  }
  const reply = rogue.send(EXCHANGE.IKE_INTERMEDIATE, []);
  assert.deepEqual(notifiesOf(reply), [NOTIFY.INVALID_SYNTAX]);
});

test("IK13, IK7: a Child SA of two key exchanges has the keys of both, by its link alone", () => {
  const { engine } = createPair(serverSettings({ ike: MUST, esp: ESP }), clientSettings()).server;
  const rogue = beginRogue(engine, { ke1: 36, more: [HYBRID] });
  rogue.intermediate(36);
  rogue.authenticate();
  const [first, second] = [KEY_EXCHANGES[31].generate(), KEY_EXCHANGES[36].generate()];
  const nonceI = new Uint8Array(32).fill(3);
  const transforms = [
    ...ESP_PROPOSAL.transforms,
    transform(TRANSFORM.KE, 31),
    transform(TRANSFORM.ADDITIONAL_KE_1, 36),
  ];
  const proposal = { ...ESP_PROPOSAL, spi: Uint8Array.of(0xc0, 0xff, 0xee, 2), transforms };
  const asked = rogue.send(EXCHANGE.CREATE_CHILD_SA, [
    makeEspNotify(NOTIFY.REKEY_SA, 0xc0ffee01),
    { kind: "sa", proposals: [proposal] },
    { kind: "nonce", data: nonceI },
    { kind: "ke", method: 31, data: first.publicValue },
    selectorsOf("tsi", [prefix("10.93.64.1/32")]),
    selectorsOf("tsr", [prefix("10.93.29.0/24")]),
  ]);
  assert.deepEqual(asked.actions.map(({ kind }) => kind), ["send"]);
  const link = of(asked, "notify").data;
  const ke: Payload = { kind: "ke", method: 36, data: second.publicValue };
  for (const other of [link.with(15, (link[15] ?? 0) ^ 1), link.slice(1), new Uint8Array(0)]) {
    const lost = rogue.send(EXCHANGE.IKE_FOLLOWUP_KE, [
      ke,
      makeNotify(NOTIFY.ADDITIONAL_KEY_EXCHANGE, other),
    ]);
    assert.deepEqual(notifiesOf(lost), [NOTIFY.STATE_NOT_FOUND]);
  }
  const made = rogue.send(EXCHANGE.IKE_FOLLOWUP_KE, [
    ke,
    makeNotify(NOTIFY.ADDITIONAL_KEY_EXCHANGE, link),
  ]);
  assert.deepEqual(notifiesOf(made), []);
  const [inbound] = made.actions.filter((action) => action.kind === "install");
  const secrets = [first.agree(of(asked, "ke").data), second.agree(of(made, "ke").data)];
  const [zero, one] = secrets;
  assert.ok(zero !== undefined && one !== undefined);
  const seed = Uint8Array.of(...zero, ...nonceI, ...of(asked, "nonce").data, ...one);
  // What the initiator of the exchange sends with comes first.
  assert.deepEqual(inbound?.keyMaterial, prfPlus(rogue.keys.d, seed, 72).slice(0, 36));
});

/** The one payload of a kind. */
function of<Kind extends "notify" | "ke" | "nonce">(
  { payloads }: Reply,
  kind: Kind,
): Extract<Payload, { readonly kind: Kind }> {
  const found = payloads.find((payload) => payload.kind === kind);
  assert.ok(found !== undefined, kind);
  return found as Extract<Payload, { readonly kind: Kind }>;
}

test("IK13: IKE_FOLLOWUP_KE without a rekey gets STATE_NOT_FOUND, and nothing ends", () => {
  const { server } = createPair(serverSettings(), clientSettings());
  const rogue = beginRogue(server.engine);
  rogue.authenticate();
  const data = KEY_EXCHANGES[36].generate().publicValue;
  const ke: Payload = { kind: "ke", method: 36, data };
  for (const more of [[], [makeNotify(NOTIFY.ADDITIONAL_KEY_EXCHANGE, new Uint8Array(16))]]) {
    const reply = rogue.send(EXCHANGE.IKE_FOLLOWUP_KE, [ke, ...more]);
    assert.deepEqual(notifiesOf(reply), [NOTIFY.STATE_NOT_FOUND]);
  }
  assert.equal(server.engine.established().length, 1);
});

test("a rekey of either kind from either side has an additional key exchange", () => {
  for (const what of ["ike", "children"] as const) {
    for (const side of ["client", "server"] as const) {
      const model = connected({ ike: MUST, esp: ESP });
      for (let i = 0; i < 3; i++) {
        const seen = rekeyed(model, side, what);
        assert.deepEqual(seen.slice(0, 4), [36, 36, 44, 44], `${what} ${side}`);
        rest(model);
        assertOnePair(model);
      }
      assert.equal(model.lost, 0);
    }
  }
});

/** Rekeys, and returns the exchange types in the order of delivery. */
function rekeyed(model: Model, side: Side, what: "ike" | "children"): number[] {
  const seen: number[] = [];
  act(model, side, model[side].engine.rekey(model.now, 1, what));
  for (let i = 0; i < 20; i++) {
    for (const to of ["server", "client"] as const) {
      const [next] = model[to].queue;
      if (next?.kind === "message") seen.push(next.octets[18] ?? 0);
      deliver(model, to);
    }
  }
  return seen;
}

test("IS74: both sides rekey at once with additional key exchanges, and one SA is left", () => {
  for (const what of ["children", "ike"] as const) {
    for (let i = 0; i < 20; i++) {
      const model = connected({ ike: MUST, esp: ESP });
      act(model, "client", model.client.engine.rekey(model.now, 1, what));
      act(model, "server", model.server.engine.rekey(model.now, 1, what));
      exchange(model);
      rest(model);
      assertOnePair(model);
      assert.equal(model.lost, 0);
    }
  }
});

test("IK13: a rekey whose additional key exchange comes too late is begun anew", () => {
  for (const what of ["children", "ike"] as const) {
    const model = connected({ ike: MUST, esp: ESP });
    act(model, "client", model.client.engine.rekey(model.now, 1, what));
    deliver(model, "server");
    deliver(model, "client");
    model.now += 11_000;
    exchange(model);
    assertOnePair(model);
    rest(model);
    assertOnePair(model);
    assert.equal(model.lost, 0);
  }
});

const POLICIES: readonly Partial<IkeSettings>[] = [
  { ike: MUST, esp: ESP },
  { ike: IKE_DEFAULTS },
];

test(
  "IS76: with additional key exchanges too, one pair of SAs is left in the end",
  { timeout: 300_000 },
  () => {
    fc.assert(
      fc.property(
        fc.array(STEP, { maxLength: 60 }),
        fc.constantFrom(...POLICIES),
        (steps, policy) => {
          const model = connected(policy);
          for (const step of steps) take(model, step);
          rest(model);
          assertOnePair(model);
          assert.equal(model.lost, 0);
        },
      ),
      { numRuns: 100 },
    );
  },
);

const ON_CLIENT = false;
