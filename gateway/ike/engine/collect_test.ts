import assert from "node:assert/strict";
import { test } from "node:test";
import { ivOf, testAead } from "../../../tests/support/ike/aead.ts";
import { laterHeader, messageOf, valueOf } from "../../../tests/support/ike/messages.ts";
import {
  CLASSIC,
  clientSettings,
  createPair,
  pathOf,
  serverSettings,
  testTools,
} from "../../../tests/support/ike/pair.ts";
import { beginRogue, notifiesOf } from "../../../tests/support/ike/rogue.ts";
import { KEY_EXCHANGES } from "../keys/key_exchanges.ts";
import { EXCHANGE, FLAG, PAYLOAD } from "../wire/constants.ts";
import { LIMIT } from "../wire/limits.ts";
import { parseMessage } from "../wire/message.ts";
import { NOTIFY } from "../wire/notify_types.ts";
import { makeNotify } from "../wire/payloads/notify.ts";
import type { Payload } from "../wire/payloads/payload.ts";
import { forgetFragments, openOrCollect } from "./collect.ts";
import { createContext } from "./context.ts";
import { createIkeSa, type IkeSa } from "./ike_sa.ts";
import { createOwnRequests, createPeerRequests } from "./windows.ts";
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

/** An initiator's IKE SA, and fragments of an answer to it. */
function answered(chunks: readonly (readonly number[])[]): {
  readonly context: ReturnType<typeof createContext>;
  readonly sa: IkeSa;
  readonly pieces: readonly Uint8Array[];
} {
  const context = createContext(clientSettings(), testTools(0x1000));
  const key = (len: number): Uint8Array => new Uint8Array(len).fill(len);
  const keys = { d: key(32), ei: key(36), er: key(36), pi: key(32), pr: key(32) };
  const header = laterHeader({ flags: FLAG.RESPONSE, exchange: EXCHANGE.IKE_AUTH });
  const sa = createIkeSa({
    id: 1,
    isInitiator: true,
    spiI: header.spiI,
    spiR: header.spiR,
    own: createOwnRequests(0),
    theirs: createPeerRequests(0),
    begunAt: 0,
    state: "auth_sent",
    suite: { encr: 20, keyBits: 256, prf: 5, ke: 31 },
    init: null,
    peer: null,
    path: 1,
    pair: KEY_EXCHANGES[31].generate(),
    start: null,
    keys,
    tools: context.tools,
  });
  sa.hasFragments = true;
  const aead = testAead({ aead: "aes-gcm-16", key: keys.er.slice(0, 32), salt: keys.er.slice(32) });
  const pieces = chunks.map((chunk, i) => {
    const text = [...chunk, 0, ...new Uint8Array(16)];
    const body = [0, i + 1, 0, chunks.length, ...ivOf(i), ...text];
    const octets = messageOf(header, [{ type: PAYLOAD.SKF, body }]);
    const bodyAt = octets.length - body.length + 4;
    if (i === 0) octets[bodyAt - 8] = PAYLOAD.NOTIFY;
    aead.seal(octets.subarray(0, bodyAt), octets.subarray(bodyAt));
    return octets;
  });
  return { context, sa, pieces };
}

test("IW80: an answer in fragments is collected apart from requests", () => {
  const { context, sa, pieces } = answered([[0, 0, 0], [8, 0, 0, 0], [9]]);
  const add = (octets: Uint8Array, isAnswer: boolean): number | null => {
    const message = valueOf(parseMessage(octets.slice()));
    assert.ok(message.sealed !== null);
    const { sealed } = message;
    const whole = valueOf(openOrCollect(context, sa, { message, sealed, digest: "", isAnswer }));
    return whole && whole.opened.plain.length;
  };
  const [first, second, third] = pieces;
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  assert.equal(add(first, IS_REQUEST), null);
  assert.deepEqual([add(third, IS_ANSWER), add(second, IS_ANSWER)], [null, null]);
  assert.equal(add(first, IS_ANSWER), 8);
  context.now = LIMIT.FRAGMENTS_MS + 1;
  forgetFragments(context, sa);
  assert.equal(sa.collected, null);
});

const IS_REQUEST = false;
const IS_ANSWER = true;
const ON_SERVER = true;
