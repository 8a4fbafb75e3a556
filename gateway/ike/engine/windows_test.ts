import assert from "node:assert/strict";
import { test } from "node:test";
import { createOwnRequests, createPeerRequests, digestOf } from "./windows.ts";

const REQUEST = Uint8Array.of(1, 2, 3);
const OTHER = Uint8Array.of(1, 2, 4);
const ANSWER = Uint8Array.of(9);

test("IS11: only the next request is new, and only the last one is answered again", () => {
  const requests = createPeerRequests(5);
  assert.equal(requests.judge(4, REQUEST).kind, "stale");
  assert.equal(requests.judge(5, REQUEST).kind, "new");
  requests.answer(digestOf(REQUEST), ANSWER);
  assert.deepEqual(requests.judge(5, REQUEST), { kind: "again", answer: ANSWER });
  assert.equal(requests.judge(5, OTHER).kind, "stale");
  assert.equal(requests.judge(4, REQUEST).kind, "stale");
  assert.equal(requests.judge(6, OTHER).kind, "new");
  assert.equal(requests.judge(7, OTHER).kind, "stale");
  requests.answer(digestOf(OTHER), ANSWER);
  assert.equal(requests.judge(5, REQUEST).kind, "stale");
  assert.equal(requests.next(), 7);
});

test("a request that is judged twice before it is answered is new both times", () => {
  const requests = createPeerRequests(0);
  assert.equal(requests.judge(0, REQUEST).kind, "new");
  assert.equal(requests.judge(0, OTHER).kind, "new");
});

test("one request waits at a time, under numbers that count up", () => {
  const requests = createOwnRequests<string>(1);
  assert.equal(requests.outstanding(), undefined);
  assert.equal(requests.begin("first"), 1);
  assert.deepEqual(requests.outstanding(), { messageId: 1, what: "first", octets: undefined });
  requests.sent(REQUEST);
  assert.deepEqual(requests.outstanding()?.octets, REQUEST);
  assert.throws(() => requests.begin("second"), /another is under way/);
  requests.end();
  assert.equal(requests.begin("second"), 2);
});

test("IS10: half of the numbers are left when the IKE SA has to be replaced", () => {
  assert.ok(!createOwnRequests(0x7fff_ffff).isNearEnd());
  assert.ok(createOwnRequests(0x8000_0000).isNearEnd());
});
