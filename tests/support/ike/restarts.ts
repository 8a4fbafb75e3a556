// The model of two engines, of which either may be started anew. The client begins again when its
// IKE SA has ended, as `connect` does.

import assert from "node:assert/strict";
import fc from "fast-check";
import { createEngine } from "../../../gateway/ike/engine/engine.ts";
import type { Target } from "../../../gateway/ike/engine/ike_sa.ts";
import type { IkeSettings } from "../../../gateway/ike/engine/settings.ts";
import {
  act,
  assertSameSas,
  connected,
  cut,
  exchange,
  type Model,
  type Side,
  STEP,
  take,
  tick,
} from "./model.ts";
import { clientSettings, pathOf, serverSettings, target, testTools } from "./pair.ts";

/** What can happen next, restarts included. */
export const RESTARTS: fc.Arbitrary<string> = fc.oneof(
  { weight: 12, arbitrary: STEP },
  { weight: 2, arbitrary: fc.constantFrom("restart client", "restart server") },
);

export interface World {
  readonly model: Model;
  readonly change: Partial<IkeSettings>;
  readonly hasTickets: boolean;
  /** When the client began last, ms. */
  begunAt: number;
  /** Engines so far: their SPIs differ. */
  engines: number;
}

/** Two ends that are connected. */
export function createWorld(
  { change = {}, hasTickets }: {
    readonly change?: Partial<IkeSettings>;
    readonly hasTickets: boolean;
  },
): World {
  const tickets = { keys: [{ id: 1, key: new Uint8Array(32) }], lifetimeMs: 3_600_000 };
  const all = hasTickets ? { ...change, tickets } : change;
  return { model: connected(all), change: all, hasTickets, begunAt: 0, engines: 2 };
}

/** Takes one step. */
export function happen(world: World, step: string): void {
  if (step === "restart client" || step === "restart server") {
    restart(world, step === "restart client" ? "client" : "server");
  } else take(world.model, step);
  beginAgain(world);
}

function restart(world: World, side: Side): void {
  const { model, change } = world;
  const end = model[side];
  const lifetimes = { ike: 100_000_000, child: 100_000_000 };
  const settings = side === "client" ? clientSettings : serverSettings;
  end.engine = createEngine(
    settings({ lifetimes, ...change }),
    testTools(0x1000 * ++world.engines),
  );
  end.inbound.clear();
  end.outbound.clear();
  end.ikes.clear();
  world.begunAt = -Infinity;
  cut(model);
}

/** The client begins, if nothing is up or under way. */
function beginAgain(world: World): void {
  const { model } = world;
  if (model.client.ikes.size > 0 || model.now - world.begunAt < RETRY_MS) return;
  world.begunAt = model.now;
  const ticket = model.client.tickets.at(-1);
  model.client.tickets.length = 0;
  const to: Target = {
    ...target({ wantsTickets: world.hasTickets }),
    ...(ticket === undefined ? {} : { ticket }),
  };
  const path = pathOf(model.path, ON_CLIENT);
  act(model, "client", model.client.engine.initiate(model.now, to, path));
}

/** Lets everything end that is under way, attempts that have failed included. */
export function settle(world: World): void {
  for (let second = 0; second < 500; second++) {
    exchange(world.model);
    tick(world.model);
    beginAgain(world);
  }
  exchange(world.model);
}

/** Each side has one IKE SA and one Child SA, with the same keys. */
export function assertOneEach({ model }: World): void {
  const { client, server } = model;
  assert.equal(client.engine.established().length, 1, "client");
  assert.equal(server.engine.established().length, 1, "server");
  assertSameSas(model);
}

/** An attempt ends after 30 s. */
const RETRY_MS = 35_000;

const ON_CLIENT = false;
