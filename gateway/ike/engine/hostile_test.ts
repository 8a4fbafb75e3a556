// What strangers and clients can make an engine keep.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  clientSettings,
  connect,
  createPair,
  pathOf,
  serverSettings,
  target,
  testTools,
} from "../../../tests/support/ike/pair.ts";
import type { IkeAction } from "./actions.ts";
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
