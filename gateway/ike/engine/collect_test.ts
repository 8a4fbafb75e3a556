import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CLASSIC,
  clientSettings,
  createPair,
  pathOf,
  serverSettings,
} from "../../../tests/support/ike/pair.ts";
import { beginRogue, notifiesOf } from "../../../tests/support/ike/rogue.ts";
import { EXCHANGE } from "../wire/constants.ts";
import { NOTIFY } from "../wire/notify_types.ts";
import { makeNotify } from "../wire/payloads/notify.ts";
import type { Payload } from "../wire/payloads/payload.ts";
import type { IkeEngine } from "./engine.ts";

const SUPPORTED = makeNotify(NOTIFY.FRAGMENTATION_SUPPORTED);

function server(): IkeEngine {
  return createPair(serverSettings(), clientSettings()).server.engine;
}

/** 1 to `count`, in an order that is neither up nor down. */
function mixed(count: number): number[] {
  const all = Array.from({ length: count }, (_, i) => i + 1);
  return [...all.filter((number) => number % 2 === 0), ...all.filter((number) => number % 2 === 1)];
}

test("IW80, IW81: IKE_AUTH in 20 fragments out of order brings an IKE SA up", () => {
  const engine = server();
  const rogue = beginRogue(engine, { more: [SUPPORTED] });
  const reply = rogue.sendInFragments(EXCHANGE.IKE_AUTH, rogue.authPayloads(), mixed(20));
  assert.ok(reply.actions.some(({ kind }) => kind === "established"));
  // The next request may be whole again.
  assert.deepEqual(rogue.send(EXCHANGE.INFORMATIONAL, []).payloads, []);
  assert.equal(engine.established().length, 1);
});

test("IW80: fragments that were not agreed on do nothing, and the whole message does", () => {
  const engine = server();
  const rogue = beginRogue(engine);
  for (const piece of rogue.fragments(EXCHANGE.IKE_AUTH, rogue.authPayloads(), 3)) {
    assert.deepEqual(engine.receive(0, piece, pathOf(1, ON_SERVER)), []);
  }
  assert.deepEqual(engine.established(), []);
  assert.ok(rogue.authenticate().actions.some(({ kind }) => kind === "established"));
});

test("IW83: a repeat is answered when its first fragment comes, and not by the others", () => {
  const engine = server();
  const rogue = beginRogue(engine, { more: [SUPPORTED] });
  const pieces = rogue.fragments(EXCHANGE.IKE_AUTH, rogue.authPayloads(), 3);
  const replies = pieces.map((piece) => engine.receive(0, piece.slice(), pathOf(1, ON_SERVER)));
  const answer = replies[2]?.find((action) => action.kind === "send");
  assert.ok(answer?.kind === "send");
  const again = pieces.map((piece) => engine.receive(0, piece.slice(), pathOf(9, ON_SERVER)));
  assert.deepEqual(again, [[{ kind: "send", path: 9, octets: answer.octets }], [], []]);
});

test("IK10: IKE_INTERMEDIATE in fragments is covered as if it had come whole", () => {
  const ike = { ...CLASSIC, ke1s: [36] as const };
  for (const count of [2, 5]) {
    const { engine } = createPair(serverSettings({ ike }), clientSettings()).server;
    const more = [SUPPORTED, makeNotify(NOTIFY.INTERMEDIATE_EXCHANGE_SUPPORTED)];
    const rogue = beginRogue(engine, { ke1: 36, more });
    rogue.intermediate(36, count);
    assert.ok(rogue.authenticate().actions.some(({ kind }) => kind === "established"));
  }
});

test("IW5: before AUTH no more than 16 KiB are collected", () => {
  const big = (len: number): Payload => ({
    kind: "unknown",
    type: 200,
    isCritical: false,
    body: new Uint8Array(len),
  });
  for (const [len, isUp] of [[15_000, true], [17_000, false]] as const) {
    const engine = server();
    const rogue = beginRogue(engine, { more: [SUPPORTED] });
    const payloads = [...rogue.authPayloads(), big(len)];
    for (const piece of rogue.fragments(EXCHANGE.IKE_AUTH, payloads, 40)) {
      engine.receive(0, piece, pathOf(1, ON_SERVER));
    }
    assert.equal(engine.established().length, isUp ? 1 : 0, `${len}`);
  }
});

test("IW81: a fragment with a wrong ICV counts as a message with one, and does no harm", () => {
  const engine = server();
  const rogue = beginRogue(engine, { more: [SUPPORTED] });
  const pieces = rogue.fragments(EXCHANGE.IKE_AUTH, rogue.authPayloads(), 2);
  const [first] = pieces;
  assert.ok(first !== undefined);
  const odd = first.with(first.length - 1, (first.at(-1) ?? 0) ^ 1);
  assert.deepEqual(engine.receive(0, odd, pathOf(1, ON_SERVER)), [{ kind: "score", path: 1 }]);
  const replies = pieces.map((piece) => engine.receive(0, piece, pathOf(1, ON_SERVER)));
  assert.deepEqual(replies[0], []);
  assert.equal(engine.established().length, 1);
});

test("IW50: an unknown critical payload in fragments is refused as in a whole message", () => {
  const engine = server();
  const rogue = beginRogue(engine, { more: [SUPPORTED] });
  rogue.authenticate();
  const critical: Payload = {
    kind: "unknown",
    type: 200,
    isCritical: true,
    body: new Uint8Array(9),
  };
  const reply = rogue.sendInFragments(EXCHANGE.INFORMATIONAL, [critical], [2, 1]);
  assert.deepEqual(notifiesOf(reply), [NOTIFY.UNSUPPORTED_CRITICAL_PAYLOAD]);
  assert.equal(engine.established().length, 1);
});

const ON_SERVER = true;
