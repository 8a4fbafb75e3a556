import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CLASSIC,
  clientSettings,
  connect,
  createPair,
  type End,
  type Pair,
  pathOf,
  serverSettings,
  target,
} from "../../../tests/support/ike/pair.ts";
import { beginRogue, hmac, notifiesOf } from "../../../tests/support/ike/rogue.ts";
import { NOTIFY } from "../wire/notify_types.ts";
import { makeNotify } from "../wire/payloads/notify.ts";
import type { Ppk } from "./settings.ts";

type Has = "none" | "may" | "must";

const ID = Uint8Array.of(2, ...new TextEncoder().encode("ppk-1"));
const KEY = new Uint8Array(32).fill(7);

function ppk(has: "may" | "must", change: Partial<Ppk> = {}): Ppk {
  return { id: ID, key: KEY, isMandatory: has === "must", ...change };
}

function pairOf(server: Ppk | undefined): Pair {
  const [peer] = serverSettings().peers;
  assert.ok(peer !== undefined);
  const peers = [{ ...peer, ...(server === undefined ? {} : { ppk: server }) }];
  return createPair(serverSettings({ peers }), clientSettings());
}

function run(client: Ppk | undefined, server: Ppk | undefined): Pair {
  const pair = pairOf(server);
  connect(pair, target(client === undefined ? {} : { ppk: client }));
  return pair;
}

function outcome({ client, server }: Pair): string {
  const up = [client, server].map(({ engine }) => engine.established().length);
  const why = [client, server].map(reasons);
  return up[0] === 1 && up[1] === 1 ? "up" : `${up} ${why[0]}/${why[1]}`;
}

function reasons({ told }: End): string[] {
  return told.flatMap((action) => action.kind === "refused" ? [action.reason] : []);
}

const IS: Readonly<Record<Has, Ppk | undefined>> = {
  none: undefined,
  may: ppk("may"),
  must: ppk("must"),
};

test("IK16, IK17: a mandatory PPK that one side has not refuses in both roles", () => {
  const expected: Readonly<Record<Has, Readonly<Record<Has, string>>>> = {
    none: { none: "up", may: "up", must: "0,0 refused_by_peer/ppk" },
    may: { none: "up", may: "up", must: "up" },
    must: { none: "0,0 ppk/", may: "up", must: "up" },
  };
  for (const [client, row] of Object.entries(expected)) {
    for (const [server, text] of Object.entries(row)) {
      const pair = run(IS[client as Has], IS[server as Has]);
      assert.equal(outcome(pair), text, `${client} ${server}`);
    }
  }
});

test("IK17: an unknown PPK is left out if neither side insists", () => {
  const other = { id: Uint8Array.of(2, 1, 2, 3) };
  const cases = [
    ["may", "may", "up"],
    ["must", "may", "0,0 refused_by_peer/ppk"],
    ["may", "must", "0,0 refused_by_peer/ppk"],
    ["must", "must", "0,0 refused_by_peer/ppk"],
  ] as const;
  for (const [client, server, text] of cases) {
    assert.equal(outcome(run(ppk(client, other), ppk(server))), text, `${client} ${server}`);
  }
});

test("IK17: a wrong PPK of the right name refuses", () => {
  const pair = run(ppk("may", { key: new Uint8Array(32).fill(8) }), ppk("may"));
  assert.equal(outcome(pair), "0,0 refused_by_peer/secret");
});

test("IK17: a responder that leaves a mandatory PPK out is told, and is not believed", () => {
  // It has the secret, and answers as if the name were unknown to it: the client insists.
  const pair = pairOf(ppk("may", { id: Uint8Array.of(2, 9) }));
  const to = target({ ppk: ppk("may") });
  pair.let(pair.client, pair.client.engine.initiate(0, to, pathOf(1, ON_CLIENT)));
  for (let i = 0; i < 3; i++) deliver(pair);
  assert.equal(pair.server.engine.established().length, 1);
  Object.assign(to.peer.ppk ?? {}, { isMandatory: true });
  deliver(pair);
  assert.deepEqual(reasons(pair.client), ["ppk"]);
  assert.deepEqual(pair.client.told.filter(({ kind }) => kind === "install"), []);
  pair.settle();
  assert.deepEqual(pair.server.engine.established(), []);
});

test("IK16: a PPK goes with an additional key exchange, and its IKE SA is rekeyed", () => {
  const [peer] = serverSettings().peers;
  assert.ok(peer !== undefined);
  const ike = { ...CLASSIC, ke1s: [36] as const };
  const peers = [{ ...peer, ppk: ppk("must") }];
  const pair = createPair(serverSettings({ peers, ike }), clientSettings({ ike }));
  connect(pair, target({ ppk: ppk("must") }));
  assert.equal(outcome(pair), "up");
  for (const what of ["ike", "children"] as const) {
    pair.let(pair.client, pair.client.engine.rekey(pair.now, 1, what));
    pair.settle();
  }
  assert.equal(outcome(pair), "up");
});

test("IK16: SK_d, SK_pi and SK_pr are prf+ of the PPK", () => {
  const { server } = pairOf(ppk("must"));
  const rogue = beginRogue(server.engine, { more: [makeNotify(NOTIFY.USE_PPK)] });
  const mixed = (key: Uint8Array): Uint8Array => hmac(KEY, Uint8Array.of(...key, 1));
  const { d, pi, pr } = rogue.keys;
  rogue.keys = { ...rogue.keys, d: mixed(d), pi: mixed(pi), pr: mixed(pr) };
  const reply = rogue.authenticate([makeNotify(NOTIFY.PPK_IDENTITY, ID)]);
  assert.ok(notifiesOf(reply).includes(NOTIFY.PPK_IDENTITY));
  assert.equal(server.engine.established().length, 1);
});

test("IK17: USE_PPK without PPK_IDENTITY is refused", () => {
  const { server } = pairOf(ppk("may"));
  const rogue = beginRogue(server.engine, { more: [makeNotify(NOTIFY.USE_PPK)] });
  assert.deepEqual(notifiesOf(rogue.authenticate()), [NOTIFY.AUTHENTICATION_FAILED]);
});

function deliver(pair: Pair): void {
  const sent = pair.wire.shift();
  assert.ok(sent !== undefined);
  pair.deliver(sent);
}

const ON_CLIENT = false;
