// The load against a real gateway: what it counts has happened there.

import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { type Gateway, startGateway, stopCleanly } from "../../tests/support/gateway.ts";
import { readMetrics, sample } from "../../tests/support/metrics.ts";
import { tempFolder } from "../../tests/support/temp.ts";
import { settle } from "../../tests/support/wait.ts";
import { openArena } from "../path/arena.ts";
import { type Clients, createClients } from "./clients.ts";
import { openClientMaker } from "./engines.ts";
import { makePlace, type Place } from "./gateway.ts";
import type { Method } from "./orders.ts";

const TIMEOUT = { timeout: 120_000 };
const COUNT = 5;
const IN_FLIGHT = 2;

/** Gateways that a test which has failed may have left. */
const started = new Set<Gateway>();

after(async () => {
  for (const { program } of started) {
    if (!program.isRunning()) continue;
    program.kill("SIGKILL");
    await program.exited;
  }
});

for (const method of ["PSK", "p256", "ed25519", "ML-KEM"] as const) {
  test(`${method}: clients come, replace their keys, and go`, TIMEOUT, async () => {
    const place = makePlace(join(tempFolder(), "state"), method);
    const gateway = await serve(place);
    const clients = await clientsFor(place, { method, hasTickets: false });
    equal(clients.open(tcpOf(gateway), COUNT, IN_FLIGHT).count, COUNT);
    equal(await settle(() => established(gateway), (count) => count === COUNT), COUNT);
    equal(clients.rekey("children", IN_FLIGHT).count, COUNT);
    equal(clients.rekey("ike", IN_FLIGHT).count, COUNT);
    const told = await settle(() => rekeys(gateway), ({ ike }) => ike === COUNT);
    deepEqual(told, { child: COUNT, ike: COUNT });
    equal(clients.end(IN_FLIGHT).count, COUNT);
    equal(await settle(() => established(gateway), (count) => count === 0), 0);
    await stopCleanly(gateway);
  });
}

test("clients come back by tickets after a restart, each ticket once", TIMEOUT, async () => {
  const place = makePlace(join(tempFolder(), "state"), "PSK");
  const clients = await clientsFor(place, { method: "PSK", hasTickets: true });
  for (const resumed of [0, COUNT, COUNT]) {
    const gateway = await serve(place);
    equal(clients.open(tcpOf(gateway), COUNT, IN_FLIGHT).resumed, resumed);
    equal(await settle(() => established(gateway), (count) => count === COUNT), COUNT);
    equal(clients.drop().count, COUNT);
    await stopCleanly(gateway);
  }
});

test("a refusal makes the run void", TIMEOUT, async () => {
  const place = makePlace(join(tempFolder(), "state"), "PSK");
  const gateway = await serve(place);
  const other = { ...place, secret: "another secret of thirty-two octets" };
  const clients = await clientsFor(other, { method: "PSK", hasTickets: false });
  throws(() => clients.open(tcpOf(gateway), 1, 1), /^Error: The run is void: /);
  clients.drop();
  await stopCleanly(gateway);
});

async function serve({ args }: Place): Promise<Gateway> {
  const gateway = await startGateway(["--ike", "inside", ...args]);
  started.add(gateway);
  return gateway;
}

function tcpOf({ tcp: [tcp] }: Gateway): { host: string; port: number } {
  ok(tcp !== undefined);
  return tcp;
}

async function clientsFor(
  { secret, files }: Place,
  plan: { readonly method: Method; readonly hasTickets: boolean },
): Promise<Clients> {
  return createClients(openArena(0), await openClientMaker({ ...plan, secret, files }));
}

async function established({ api }: Gateway): Promise<number> {
  return (await readMetrics(api)).get('culvert_ike_sas{state="established"}') ?? -1;
}

async function rekeys({ api }: Gateway): Promise<{ child: number; ike: number }> {
  const metrics = await readMetrics(api);
  const of = (what: string): number =>
    sample(metrics, "culvert_rekeys_total", { what, side: "peer" });
  return { child: of("child"), ike: of("ike") };
}
