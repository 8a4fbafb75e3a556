import assert from "node:assert/strict";
import { test } from "node:test";
import {
  clientSettings,
  connect,
  createPair,
  type Pair,
  pathOf,
  serverSettings,
  target,
} from "../../../tests/support/ike/pair.ts";
import { beginRogue, type Reply, type Rogue } from "../../../tests/support/ike/rogue.ts";
import { EXCHANGE } from "../wire/constants.ts";
import { NOTIFY } from "../wire/notify_types.ts";
import { makeNotify, type NotifyPayload } from "../wire/payloads/notify.ts";
import { isEchoed } from "./mobike.ts";
import { natHash } from "./nat_detection.ts";

function established(change = {}): Rogue {
  const { engine } = createPair(serverSettings(change), clientSettings()).server;
  const rogue = beginRogue(engine);
  const reply = rogue.authenticate([makeNotify(NOTIFY.MOBIKE_SUPPORTED)]);
  assert.ok(notifies(reply).some(({ type }) => type === NOTIFY.MOBIKE_SUPPORTED));
  return rogue;
}

function notifies({ payloads }: Reply): NotifyPayload[] {
  return payloads.filter((payload) => payload.kind === "notify");
}

function told(rogue: Rogue, payloads: readonly NotifyPayload[]): NotifyPayload[] {
  return notifies(rogue.send(EXCHANGE.INFORMATIONAL, payloads));
}

test("IT40: MOBIKE_SUPPORTED is answered, and not sent to whoever did not send it", () => {
  established();
  const rogue = beginRogue(createPair(serverSettings(), clientSettings()).server.engine);
  assert.deepEqual(notifies(rogue.authenticate()), []);
});

test("IT40: COOKIE2 goes back as it came, if its length is one", () => {
  for (const len of [8, 16, 64]) {
    const cookie = makeNotify(NOTIFY.COOKIE2, new Uint8Array(len).fill(len));
    for (const more of [[], [makeNotify(NOTIFY.UPDATE_SA_ADDRESSES)]]) {
      const [answer] = told(established(), [...more, cookie]);
      assert.deepEqual([answer?.type, answer?.data], [cookie.type, cookie.data]);
    }
  }
  for (const len of [0, 7, 65]) {
    assert.deepEqual(told(established(), [makeNotify(NOTIFY.COOKIE2, new Uint8Array(len))]), []);
  }
});

test("IT40: NAT detection is answered for the connection that it came by", () => {
  const rogue = established();
  const asked = [NOTIFY.NAT_DETECTION_SOURCE_IP, NOTIFY.NAT_DETECTION_DESTINATION_IP]
    .map((type) => makeNotify(type, new Uint8Array(20)));
  const answer = told(rogue, [makeNotify(NOTIFY.UPDATE_SA_ADDRESSES), ...asked]);
  const { local, remote } = pathOf(1, ON_SERVER);
  assert.deepEqual(answer.map(({ type, data }) => [type, data]), [
    [NOTIFY.NAT_DETECTION_SOURCE_IP, natHash(rogue, local)],
    [NOTIFY.NAT_DETECTION_DESTINATION_IP, natHash(rogue, remote)],
  ]);
});

test("IT40: NO_NATS_ALLOWED means nothing over TCP, and elsewhere refuses other addresses", () => {
  // 198.51.100.7:10001 and 192.0.2.1:4500.
  const seen = [198, 51, 100, 7, 192, 0, 2, 1, 0x27, 0x11, 0x11, 0x94];
  const cases: readonly [boolean, number[], number[]][] = [
    [false, seen.with(3, 8), []],
    [true, seen, []],
    [true, seen.with(3, 8), [NOTIFY.UNEXPECTED_NAT_DETECTED]],
    [true, seen.with(11, 0), [NOTIFY.UNEXPECTED_NAT_DETECTED]],
    [true, seen.slice(1), [NOTIFY.UNEXPECTED_NAT_DETECTED]],
  ];
  for (const [refusesNats, octets, types] of cases) {
    const sent = makeNotify(NOTIFY.NO_NATS_ALLOWED, Uint8Array.from(octets));
    const answer = told(established({ refusesNats }), [
      makeNotify(NOTIFY.UPDATE_SA_ADDRESSES),
      sent,
    ]);
    assert.deepEqual(answer.map(({ type }) => type), types);
  }
});

function connected(): Pair {
  const pair = createPair(serverSettings(), clientSettings());
  connect(pair, target());
  return pair;
}

/** The client comes back by another connection. */
function comeBack(pair: Pair, path: number): void {
  for (const end of [pair.client, pair.server]) {
    pair.let(end, end.engine.pathClosed(pair.now, path - 1));
  }
  pair.let(pair.client, pair.client.engine.pathOpened(pair.now, 1, pathOf(path, ON_CLIENT)));
}

test("IT40: a client that comes back says so, also after a rekey, and the server answers there", () => {
  const pair = connected();
  for (const path of [2, 3]) {
    comeBack(pair, path);
    assert.deepEqual(pair.wire.map((sent) => [sent.octets[18], sent.path]), [[37, path]]);
    pair.settle();
    pair.let(pair.server, pair.server.engine.rekey(pair.now, 1, "children"));
    assert.deepEqual(pair.wire.map((sent) => sent.path), [path]);
    pair.settle();
    pair.let(pair.server, pair.server.engine.rekey(pair.now, 1, "ike"));
    pair.settle();
  }
  assert.deepEqual(pair.server.engine.established(), [1]);
  assert.deepEqual(pair.client.engine.established(), [1]);
});

test("IT40: a request that waits comes first, and the client says where it is after it", () => {
  const pair = connected();
  pair.let(pair.client, pair.client.engine.rekey(pair.now, 1, "children"));
  pair.wire.length = 0;
  comeBack(pair, 2);
  const seen: (number | undefined)[] = [];
  for (let sent = pair.wire.shift(); sent !== undefined; sent = pair.wire.shift()) {
    if (sent.to === pair.server) seen.push(sent.octets[18]);
    pair.deliver(sent);
  }
  assert.deepEqual(seen, [36, 37, 37]);
  assert.deepEqual(pair.server.engine.established(), [1]);
});

test("IT40: an answer with another cookie or without one is none", () => {
  const cookie = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  assert.ok(isEchoed(cookie, [makeNotify(NOTIFY.COOKIE2, cookie.slice())]));
  assert.ok(!isEchoed(cookie, []));
  for (const other of [cookie.slice(1), cookie.with(7, 9), new Uint8Array(0)]) {
    assert.ok(!isEchoed(cookie, [makeNotify(NOTIFY.COOKIE2, other)]));
  }
});

const ON_SERVER = true;
const ON_CLIENT = false;
