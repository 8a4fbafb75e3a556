import assert from "node:assert/strict";
import { test } from "node:test";
import { messageOctets, valueOf } from "../../../tests/support/ike/messages.ts";
import {
  CLASSIC,
  clientSettings,
  createPair,
  type Pair,
  pathOf,
  serverSettings,
  target,
} from "../../../tests/support/ike/pair.ts";
import { FLAG } from "../wire/constants.ts";
import { parseMessage } from "../wire/message.ts";
import { NOTIFY } from "../wire/notify_types.ts";
import { makeNotify, parseNotify } from "../wire/payloads/notify.ts";
import type { Target } from "./ike_sa.ts";

/** Takes the client's first request off the wire, and answers it with a cookie. */
function answerCookie(pair: Pair, cookie: Uint8Array): Uint8Array {
  const [request] = pair.wire.splice(0);
  assert.ok(request !== undefined);
  const { spiI, exchange } = valueOf(parseMessage(request.octets.slice())).header;
  const head = { spiI: spiI.slice(), spiR: new Uint8Array(8), exchange };
  const answer = messageOctets(
    { ...head, flags: FLAG.RESPONSE, messageId: 0 },
    [makeNotify(NOTIFY.COOKIE, cookie)],
  );
  pair.let(pair.client, pair.client.engine.receive(pair.now, answer, pathOf(1, ON_CLIENT)));
  return request.octets;
}

function begun(kes: readonly (19 | 20 | 31)[], goal: Target = target()): Pair {
  const server = serverSettings({
    ike: { ...CLASSIC, kes },
    tickets: { keys: [{ id: 1, key: new Uint8Array(32) }], lifetimeMs: 3_600_000 },
  });
  const pair = createPair(server, clientSettings());
  pair.let(pair.client, pair.client.engine.initiate(pair.now, goal, pathOf(1, ON_CLIENT)));
  return pair;
}

/** The first payload of the request that is on its way. */
function firstCookie(pair: Pair): Uint8Array | undefined {
  const [sent] = pair.wire;
  assert.ok(sent !== undefined);
  const [first] = valueOf(parseMessage(sent.octets.slice())).payloads;
  const notify = first && valueOf(parseNotify(first.body));
  return notify?.type === NOTIFY.COOKIE ? notify.data.slice() : undefined;
}

test("IS42, IA20: a cookie stands first in every later attempt, and AUTH covers it", () => {
  for (const len of [1, 20, 64]) {
    const cookie = new Uint8Array(len).fill(9);
    for (const kes of [[31], [20]] as const) {
      const pair = begun(kes);
      const before = answerCookie(pair, cookie);
      assert.deepEqual(firstCookie(pair), cookie);
      // Nothing else changes: the rest of the payloads is the same octets.
      const [again] = pair.wire;
      assert.deepEqual(again?.octets.slice(28 + 8 + len), before.slice(28));
      pair.settle();
      assert.equal(pair.client.engine.established().length, 1, `${kes}`);
      assert.equal(pair.server.engine.established().length, 1);
    }
  }
});

test("IS42: a second cookie, and one of a wrong length, end the attempt", () => {
  const twice = begun([31]);
  answerCookie(twice, Uint8Array.of(1));
  answerCookie(twice, Uint8Array.of(2));
  assert.deepEqual(reasons(twice), ["refused_by_peer"]);
  for (const len of [0, 65, 1000]) {
    const pair = begun([31]);
    answerCookie(pair, new Uint8Array(len));
    assert.deepEqual(reasons(pair), ["refused_by_peer"], `${len}`);
    assert.deepEqual(pair.wire, []);
  }
});

test("IS42: a cookie for a ticket", () => {
  const first = begun([31], target({ wantsTickets: true }));
  first.settle();
  const given = first.client.told.find((action) => action.kind === "ticket");
  assert.ok(given?.kind === "ticket");
  const pair = begun([31], { ...target(), ticket: given.ticket });
  answerCookie(pair, Uint8Array.of(1, 2, 3));
  assert.deepEqual(firstCookie(pair), Uint8Array.of(1, 2, 3));
  pair.settle();
  assert.equal(pair.client.engine.established().length, 1);
});

function reasons({ client: { told } }: Pair): string[] {
  return told.flatMap((action) => action.kind === "refused" ? [action.reason] : []);
}

const ON_CLIENT = false;
