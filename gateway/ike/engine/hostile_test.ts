// What strangers and clients can make an engine keep.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { transform } from "../../../tests/support/ike/arbitraries.ts";
import {
  clientSettings,
  connect,
  createPair,
  pathOf,
  serverSettings,
  target,
  testTools,
} from "../../../tests/support/ike/pair.ts";
import { beginRogue } from "../../../tests/support/ike/rogue.ts";
import { KEY_EXCHANGES } from "../keys/key_exchanges.ts";
import { EXCHANGE, PAYLOAD } from "../wire/constants.ts";
import type { Payload } from "../wire/payloads/payload.ts";
import type { IkeAction } from "./actions.ts";
import { TOMBS_MAX } from "./end.ts";
import { createEngine } from "./engine.ts";

const ON_SERVER = true;
const ON_CLIENT = false;

const HALF_OPEN_MAX = 20;

/** First requests of a client to a server, each with an SPI of its own. */
function requester(): () => Uint8Array {
  const client = createEngine(clientSettings(), testTools(0x1000));
  return () => {
    const [sent] = client.initiate(0, target(), pathOf(1, ON_CLIENT));
    assert.ok(sent?.kind === "send");
    return sent.octets;
  };
}

function kindsOf(actions: readonly IkeAction[]): string[] {
  return actions.map((action) => action.kind === "refused" ? action.reason : action.kind);
}

test("IS81: one connection cannot take the room for half-open IKE SAs from the others", () => {
  const engine = createEngine(serverSettings({ halfOpenMax: HALF_OPEN_MAX }), testTools(0x2000));
  const request = requester();
  for (let i = 0; i < 10 * HALF_OPEN_MAX; i++) engine.receive(0, request(), pathOf(1, ON_SERVER));
  assert.ok(engine.halfOpen() < HALF_OPEN_MAX, `${engine.halfOpen()}`);
  assert.deepEqual(kindsOf(engine.receive(0, request(), pathOf(2, ON_SERVER))), ["send"]);
});

test("IS81: a flood by many connections does not keep a client out that goes on at once", () => {
  const settings = serverSettings({ halfOpenMax: HALF_OPEN_MAX });
  const pair = createPair(settings, clientSettings());
  const request = requester();
  for (let path = 100; path < 100 + 5 * HALF_OPEN_MAX; path++) {
    pair.server.engine.receive(0, request(), pathOf(path, ON_SERVER));
  }
  connect(pair, target());
  assert.deepEqual(pair.server.engine.established().length, 1);
  assert.equal(pair.server.engine.halfOpen(), HALF_OPEN_MAX - 1);
});

test("IS81: what is kept of IKE SAs that have ended is bounded", () => {
  const engine = createEngine(serverSettings(), testTools(0x2000));
  let refused = 0;
  let first: Uint8Array | undefined;
  for (let i = 0; i <= TOMBS_MAX; i++) {
    const rogue = beginRogue(engine);
    const payloads = rogue.authPayloads("nobody@example.com");
    const octets = rogue.sealed(EXCHANGE.IKE_AUTH, payloads);
    const last = octets.slice();
    if (i === 0) first = octets.slice();
    const actions = engine.receive(0, octets, pathOf(1, ON_SERVER));
    refused += actions.filter(({ kind }) => kind === "refused").length;
    if (i < TOMBS_MAX) continue;
    const [again] = engine.receive(0, last, pathOf(1, ON_SERVER));
    assert.ok(again?.kind === "send");
    assert.equal(again.octets[18], EXCHANGE.IKE_AUTH);
    assert.equal(again.octets[16], PAYLOAD.SK, "the answer is repeated");
  }
  assert.equal(refused, TOMBS_MAX + 1);
  assert.ok(first !== undefined);
  const [unknown] = engine.receive(0, first, pathOf(1, ON_SERVER));
  assert.ok(unknown?.kind === "send");
  assert.equal(unknown.octets[16], PAYLOAD.NOTIFY, "the oldest one is unknown");
});

/** A request to rekey an IKE SA. */
function rekeyOfIke(): Payload[] {
  const transforms = [[1, 20, 256], [2, 5], [4, 31]].map(([type = 0, id = 0, bits]) =>
    transform(type, id, bits)
  );
  return [
    { kind: "sa", proposals: [{ number: 1, protocol: 1, spi: randomBytes(8), transforms }] },
    { kind: "nonce", data: randomBytes(32) },
    { kind: "ke", method: 31, data: KEY_EXCHANGES[31].generate().publicValue },
  ];
}

test("IS77: a rekeyed IKE SA ends, whatever its peer still says by it", () => {
  const engine = createEngine(serverSettings(), testTools(0x2000));
  const rogue = beginRogue(engine);
  rogue.authenticate();
  const { actions } = rogue.send(EXCHANGE.CREATE_CHILD_SA, rekeyOfIke());
  assert.ok(kindsOf(actions).includes("rekeyed"));
  const ask = (now: number): IkeAction[] => {
    const octets = rogue.sealed(EXCHANGE.INFORMATIONAL, []);
    rogue.messageId++;
    engine.tick(now);
    return engine.receive(now, octets, pathOf(1, ON_SERVER));
  };
  for (const now of [10_000, 20_000, 29_000]) assert.deepEqual(kindsOf(ask(now)), ["send"]);
  assert.deepEqual(ask(31_000), []);
});

test("IS77: an IKE SA is not rekeyed again while the one before it is there", () => {
  const pair = createPair(serverSettings(), clientSettings());
  connect(pair, target());
  const rekeys = (): number => pair.server.told.filter(({ kind }) => kind === "rekeyed").length;
  const rekey = (): number => {
    pair.let(pair.client, pair.client.engine.rekey(pair.now, 1, "ike"));
    for (let i = 0; i < 2; i++) {
      const sent = pair.wire.shift();
      if (sent !== undefined) pair.deliver(sent);
    }
    // The Delete of the old one is lost.
    pair.wire.length = 0;
    return rekeys();
  };
  assert.equal(rekey(), 1);
  assert.equal(rekey(), 1);
  pair.now = 61_000;
  for (const end of [pair.server, pair.client]) pair.let(end, end.engine.tick(pair.now));
  pair.settle();
  assert.equal(rekeys(), 2, "it is tried again once the old one has ended");
});

test("IS81: of one identity at most four IKE SAs are up, unless devices share it", () => {
  const engine = createEngine(serverSettings(), testTools(0x2000));
  for (let i = 0; i < 20; i++) {
    const { actions } = beginRogue(engine).authenticate();
    assert.ok(kindsOf(actions).includes("leased"), `${i}: ${kindsOf(actions)}`);
  }
  assert.deepEqual(engine.established(), [17, 18, 19, 20]);
});
