import assert from "node:assert/strict";
import { test } from "node:test";
import {
  clientSettings,
  connect,
  createPair,
  type Pair,
  SECRET,
  serverSettings,
  target,
} from "../../../tests/support/ike/pair.ts";
import { prefix } from "../../../tests/support/parsed.ts";
import type { PeerPolicy } from "./settings.ts";

const CAROL = "carol@example.org";

test("a reload keeps an IKE SA whose peer is as before, through a rekey too", () => {
  for (const isRekeyed of [false, true]) {
    const pair = connected();
    if (isRekeyed) {
      const [ike = 0] = pair.server.engine.established();
      pair.let(pair.server, pair.server.engine.rekey(pair.now, ike, "ike"));
      pair.settle();
    }
    const same = peer({ psk: SECRET.slice(), local: [...peer().local].reverse() });
    reload(pair, [peer({ name: "new", remoteId: "new.example.org" }), same]);
    assert.equal(pair.server.engine.established().length, 1);
    assert.deepEqual(ended(pair), []);
  }
});

const changes: readonly (readonly [string, readonly PeerPolicy[]])[] = [
  ["gone", []],
  ["under another name", [peer({ name: "other" })]],
  ["with another secret", [peer({ psk: new TextEncoder().encode("another secret") })]],
  ["with other networks here", [peer({ local: [prefix("10.93.29.0/25")] })]],
  ["with networks of its own", [peer({ remote: [prefix("10.93.30.0/24")] })]],
  ["with a postquantum preshared key", [
    peer({ ppk: { id: Uint8Array.of(2, 1), key: new Uint8Array(32), isMandatory: false } }),
  ]],
  ["with other identities", [peer({ remoteId: "%any" })]],
];
for (const [what, peers] of changes) {
  test(`a reload deletes the IKE SA of a peer that is ${what}`, () => {
    const pair = connected();
    reload(pair, peers);
    assert.deepEqual(pair.server.engine.established(), []);
    assert.deepEqual(ended(pair), ["deleted_by_peer", "deleted_here"]);
  });
}

test("a reload leaves alone where this side is the client", () => {
  const pair = connected();
  pair.let(pair.client, pair.client.engine.reload(pair.now, clientSettings()));
  pair.settle();
  assert.equal(pair.client.engine.established().length, 1);
});

test("what is new in a reload holds for who comes next", () => {
  const pair = createPair(serverSettings({ peers: [] }), clientSettings());
  connect(pair, target());
  assert.deepEqual(pair.server.engine.established(), []);
  reload(pair, [peer()]);
  connect(pair, target(), 2);
  assert.equal(pair.server.engine.established().length, 1);
});

function connected(): Pair {
  const pair = createPair(serverSettings({ peers: [peer()] }), clientSettings());
  connect(pair, target());
  assert.equal(pair.server.engine.established().length, 1);
  return pair;
}

function reload(pair: Pair, peers: readonly PeerPolicy[]): void {
  pair.let(pair.server, pair.server.engine.reload(pair.now, serverSettings({ peers })));
  pair.settle();
}

/** Why IKE SAs have ended, at the client and at the server. */
function ended({ client, server }: Pair): string[] {
  return [...client.told, ...server.told].flatMap((told) =>
    told.kind === "ended" ? [told.reason] : []
  );
}

function peer(change: Partial<PeerPolicy> = {}): PeerPolicy {
  return {
    name: "carol",
    remoteId: CAROL,
    psk: SECRET,
    isShared: false,
    local: [prefix("10.93.29.0/24"), prefix("10.93.31.0/24")],
    remote: null,
    pools: null,
    ...change,
  };
}
