// Two engines that rekey, with the Child SAs that they have installed, and a wire that delays and
// is cut. What must not happen fails here, whatever the test looks for.

import assert from "node:assert/strict";
import fc from "fast-check";
import type { IkeAction, InstallAction } from "../../../gateway/ike/engine/actions.ts";
import type { IkeEngine } from "../../../gateway/ike/engine/engine.ts";
import type { IkeSettings, ResumptionTicket } from "../../../gateway/ike/engine/settings.ts";
import { clientSettings, createPair, pathOf, serverSettings, target } from "./pair.ts";

/** What goes one way, in its order: IKE messages and packets. */
type Carried =
  | { readonly kind: "message"; readonly octets: Uint8Array }
  | { readonly kind: "packet"; readonly sa: InstallAction };

export type Side = "client" | "server";

/** One end with the Child SAs that it has installed. */
export interface End {
  engine: IkeEngine;
  readonly inbound: Map<number, InstallAction>;
  /** In the order of their installs: packets leave on the newest. */
  readonly outbound: Map<string, InstallAction>;
  /** What is on its way to this end. */
  readonly queue: Carried[];
  readonly ended: string[];
  /** Numbers of IKE SAs that have been told as up, and not as ended. */
  readonly ikes: Set<number>;
  /** Tickets that came. */
  readonly tickets: ResumptionTicket[];
}

export interface Model {
  readonly client: End;
  readonly server: End;
  now: number;
  path: number;
  /** Packets that came for an SPI that was not installed. */
  lost: number;
}

/** What can happen next. */
export const STEP: fc.Arbitrary<string> = fc.oneof(
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

/** Takes one step. */
export function take(model: Model, step: string): void {
  const [what = "", side] = step.split(" ");
  if (what === "second") return tick(model);
  if (what === "cut") return cut(model);
  const to = side === "client" ? "client" : "server";
  if (what === "deliver") return deliver(model, to);
  if (what === "packet") return send(model, to);
  const kind = what === "ike" ? "ike" : "children";
  for (const ike of model[to].engine.established()) {
    act(model, to, model[to].engine.rekey(model.now, ike, kind));
  }
}

/** Two ends with an IKE SA and a Child SA. Nothing is rekeyed by the time. */
export function connected(change: Partial<IkeSettings> = {}): Model {
  const lifetimes = { ike: 100_000_000, child: 100_000_000 };
  const { client, server } = createPair(
    serverSettings({ lifetimes, ...change }),
    clientSettings({ lifetimes, ...change }),
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

/** An end with nothing installed. */
export function endOf(engine: IkeEngine): End {
  return {
    engine,
    inbound: new Map(),
    outbound: new Map(),
    queue: [],
    ended: [],
    ikes: new Set(),
    tickets: [],
  };
}

/** Carries actions out. An SA is installed once, and only what is installed is removed. */
export function act(model: Model, side: Side, actions: readonly IkeAction[]): void {
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
      case "ticket":
        end.tickets.push(action.ticket);
        break;
      case "established":
        end.ikes.add(action.ike);
        break;
      case "ended":
        end.ikes.delete(action.ike);
        end.ended.push(action.reason);
        break;
    }
  }
}

/** Delivers the next that is on its way to an end. */
export function deliver(model: Model, side: Side): void {
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
export function send(model: Model, from: Side): void {
  const sa = newest(model[from]);
  if (sa !== undefined) model[otherOf(from)].queue.push({ kind: "packet", sa });
}

export function newest({ outbound }: End): InstallAction | undefined {
  return [...outbound.values()].at(-1);
}

/** The connection is lost with all that is on it, and the client makes another. */
export function cut(model: Model): void {
  for (const side of ["client", "server"] as const) model[side].queue.length = 0;
  for (const side of ["client", "server"] as const) {
    act(model, side, model[side].engine.pathClosed(model.now, model.path));
  }
  model.path++;
  const path = pathOf(model.path, ON_CLIENT);
  for (const ike of model.client.ikes) {
    act(model, "client", model.client.engine.pathOpened(model.now, ike, path));
  }
}

/** Delivers until nothing is on its way. */
export function exchange(model: Model): void {
  for (let i = 0; i < 1000; i++) {
    if (model.client.queue.length + model.server.queue.length === 0) return;
    deliver(model, "client");
    deliver(model, "server");
  }
  assert.fail("the two sides never stop talking");
}

/** Lets a second pass. */
export function tick(model: Model): void {
  model.now += 1000;
  for (const side of ["client", "server"] as const) {
    act(model, side, model[side].engine.tick(model.now));
  }
}

/** Lets everything end that is under way: retries, Deletes, SAs that linger. */
export function rest(model: Model): void {
  for (let second = 0; second < 150; second++) {
    exchange(model);
    tick(model);
  }
  exchange(model);
}

/** Each side has one IKE SA and one Child SA, with the same keys. */
export function assertOnePair({ client, server }: Model): void {
  assert.deepEqual([client.ended, server.ended], [[], []]);
  assert.deepEqual([client.engine.established(), server.engine.established()], [[1], [1]]);
  assertSameSas({ client, server });
}

/** Each side has one Child SA, with the other side's keys. */
export function assertSameSas({ client, server }: Pick<Model, "client" | "server">): void {
  for (const [from, to] of [[client, server], [server, client]] as const) {
    assert.equal(from.outbound.size, 1, "outbound SAs");
    assert.equal(to.inbound.size, 1, "inbound SAs");
    const [out] = from.outbound.values();
    const [into] = to.inbound.values();
    assert.deepEqual(out?.spi, into?.spi);
    assert.deepEqual(out?.keyMaterial, into?.keyMaterial);
  }
}

/** The other side. */
export function otherOf(side: Side): Side {
  return side === "client" ? "server" : "client";
}

const ON_CLIENT = false;
