import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  clientSettings,
  createPair,
  pathOf,
  serverSettings,
  target,
} from "../../../tests/support/ike/pair.ts";
import type { IkeAction, InstallAction } from "./actions.ts";
import type { IkeEngine } from "./engine.ts";

/** What goes one way, in its order: IKE messages and packets. */
type Carried =
  | { readonly kind: "message"; readonly octets: Uint8Array }
  | { readonly kind: "packet"; readonly sa: InstallAction };

type Side = "client" | "server";

/** One end with the Child SAs that it has installed. */
interface End {
  readonly engine: IkeEngine;
  readonly inbound: Map<number, InstallAction>;
  /** In the order of their installs: packets leave on the newest. */
  readonly outbound: Map<string, InstallAction>;
  /** What is on its way to this end. */
  readonly queue: Carried[];
  readonly ended: string[];
}

interface Model {
  readonly client: End;
  readonly server: End;
  now: number;
  path: number;
  /** Packets that came for an SPI that was not installed. */
  lost: number;
}

const ONE_CHILD = { timeout: 120_000 };

test("a Child SA is rekeyed from either side without a lost packet", () => {
  for (const side of ["client", "server"] as const) {
    const model = connected();
    const [before] = model.server.inbound.keys();
    act(model, side, model[side].engine.rekey(model.now, 1, "children"));
    exchange(model);
    rest(model);
    assertOnePair(model);
    assert.notEqual([...model.server.inbound.keys()][0], before);
    assert.equal(model.lost, 0);
  }
});

test("an IKE SA is rekeyed from either side, and its Child SA is not touched", () => {
  for (const side of ["client", "server"] as const) {
    const model = connected();
    const before = [...model.server.inbound.keys()];
    for (let i = 0; i < 3; i++) {
      act(model, side, model[side].engine.rekey(model.now, 1, "ike"));
      exchange(model);
    }
    rest(model);
    assertOnePair(model);
    assert.deepEqual([...model.server.inbound.keys()], before);
    // Both sides still talk: under the newest keys each can rekey the Child SA.
    act(model, "server", model.server.engine.rekey(model.now, 1, "children"));
    exchange(model);
    act(model, "client", model.client.engine.rekey(model.now, 1, "children"));
    rest(model);
    assertOnePair(model);
  }
});

test("IS60, IS61: both sides rekey at once, and one SA is left", () => {
  for (const what of ["children", "ike"] as const) {
    for (let i = 0; i < 20; i++) {
      const model = connected();
      act(model, "client", model.client.engine.rekey(model.now, 1, what));
      act(model, "server", model.server.engine.rekey(model.now, 1, what));
      exchange(model);
      rest(model);
      assertOnePair(model);
      assert.equal(model.lost, 0);
    }
  }
});

test("IS50: the answerer of a rekey sends on the new SA once the peer has used it", () => {
  const model = connected();
  act(model, "client", model.client.engine.rekey(model.now, 1, "children"));
  deliver(model, "server");
  const [old] = model.server.outbound.values();
  assert.equal(newest(model.server), old);
  deliver(model, "client");
  send(model, "client");
  // The Delete of the old SA is on its way before the packet.
  deliver(model, "server");
  deliver(model, "server");
  assert.notEqual(newest(model.server), old);
  rest(model);
  assertOnePair(model);
});

const STEP = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("deliver client", "deliver server") },
  { weight: 4, arbitrary: fc.constantFrom("packet client", "packet server") },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      "children client",
      "children server",
      "ike client",
      "ike server",
    ),
  },
  { weight: 2, arbitrary: fc.constant("second") },
  { weight: 1, arbitrary: fc.constant("cut") },
);

test(
  "IS76: whatever crosses, is delayed or cut, one pair of SAs is left in the end",
  ONE_CHILD,
  () => {
    fc.assert(
      fc.property(fc.array(STEP, { maxLength: 60 }), (steps) => {
        const model = connected();
        for (const step of steps) take(model, step);
        rest(model);
        assertOnePair(model);
        assert.equal(model.lost, 0);
      }),
      { numRuns: RUNS },
    );
  },
);

const RUNS = 150;

function take(model: Model, step: string): void {
  const [what = "", side] = step.split(" ");
  if (what === "second") return tick(model);
  if (what === "cut") return cut(model);
  const to = side === "client" ? "client" : "server";
  if (what === "deliver") return deliver(model, to);
  if (what === "packet") return send(model, to);
  const kind = what === "ike" ? "ike" : "children";
  act(model, to, model[to].engine.rekey(model.now, 1, kind));
}

function connected(): Model {
  const lifetimes = { ike: 100_000_000, child: 100_000_000 };
  const { client, server } = createPair(
    serverSettings({ lifetimes }),
    clientSettings({ lifetimes }),
  );
  const model: Model = {
    client: endOf(client.engine),
    server: endOf(server.engine),
    now: 0,
    path: 1,
    lost: 0,
  };
  act(model, "client", model.client.engine.initiate(0, target(), pathOf(1, ON_CLIENT)));
  exchange(model);
  assertOnePair(model);
  return model;
}

function endOf(engine: IkeEngine): End {
  return { engine, inbound: new Map(), outbound: new Map(), queue: [], ended: [] };
}

/** Carries actions out. An SA is installed once, and only what is installed is removed. */
function act(model: Model, side: Side, actions: readonly IkeAction[]): void {
  const end = model[side];
  for (const action of actions) {
    switch (action.kind) {
      case "send":
        if (action.path === model.path) {
          model[otherOf(side)].queue.push({ kind: "message", octets: action.octets });
        }
        break;
      case "install": {
        const has = action.direction === "inbound"
          ? end.inbound.has(action.spi)
          : end.outbound.has(String(action.spi));
        assert.ok(!has, `${side}: ${action.direction} ${action.spi} is installed twice`);
        if (action.direction === "inbound") end.inbound.set(action.spi, action);
        else end.outbound.set(String(action.spi), action);
        break;
      }
      case "remove": {
        const wasThere = action.direction === "inbound"
          ? end.inbound.delete(action.spi)
          : end.outbound.delete(String(action.spi));
        assert.ok(wasThere, `${side}: ${action.direction} ${action.spi} is not installed`);
        break;
      }
      case "ended":
        end.ended.push(action.reason);
        break;
    }
  }
}

/** Delivers the next that is on its way to an end. */
function deliver(model: Model, side: Side): void {
  const carried = model[side].queue.shift();
  if (carried === undefined) return;
  const { engine } = model[side];
  if (carried.kind === "message") {
    const path = pathOf(model.path, side === "server");
    act(model, side, engine.receive(model.now, carried.octets.slice(), path));
    return;
  }
  const sa = model[side].inbound.get(carried.sa.spi);
  if (sa === undefined) {
    model.lost++;
    return;
  }
  assert.deepEqual(sa.keyMaterial, carried.sa.keyMaterial);
  act(model, side, engine.used(model.now, carried.sa.spi));
}

/** Sends a packet on the newest outbound SA. */
function send(model: Model, from: Side): void {
  const sa = newest(model[from]);
  if (sa !== undefined) model[otherOf(from)].queue.push({ kind: "packet", sa });
}

function newest({ outbound }: End): InstallAction | undefined {
  return [...outbound.values()].at(-1);
}

/** The connection is lost with all that is on it, and the client makes another. */
function cut(model: Model): void {
  for (const side of ["client", "server"] as const) model[side].queue.length = 0;
  for (const side of ["client", "server"] as const) {
    act(model, side, model[side].engine.pathClosed(model.now, model.path));
  }
  model.path++;
  const path = pathOf(model.path, ON_CLIENT);
  act(model, "client", model.client.engine.pathOpened(model.now, 1, path));
}

function exchange(model: Model): void {
  for (let i = 0; i < 1000; i++) {
    if (model.client.queue.length + model.server.queue.length === 0) return;
    deliver(model, "client");
    deliver(model, "server");
  }
  assert.fail("the two sides never stop talking");
}

function tick(model: Model): void {
  model.now += 1000;
  for (const side of ["client", "server"] as const) {
    act(model, side, model[side].engine.tick(model.now));
  }
}

/** Lets everything end that is under way: retries, Deletes, SAs that linger. */
function rest(model: Model): void {
  for (let second = 0; second < 150; second++) {
    exchange(model);
    tick(model);
  }
  exchange(model);
}

function assertOnePair({ client, server }: Model): void {
  assert.deepEqual([client.ended, server.ended], [[], []]);
  assert.deepEqual([client.engine.established(), server.engine.established()], [[1], [1]]);
  for (const [from, to] of [[client, server], [server, client]] as const) {
    assert.equal(from.outbound.size, 1, "outbound SAs");
    assert.equal(to.inbound.size, 1, "inbound SAs");
    const [out] = from.outbound.values();
    const [into] = to.inbound.values();
    assert.deepEqual(out?.spi, into?.spi);
    assert.deepEqual(out?.keyMaterial, into?.keyMaterial);
  }
}

function otherOf(side: Side): Side {
  return side === "client" ? "server" : "client";
}

const ON_CLIENT = false;
