import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { createFakeSa } from "../../tests/fakes/sa.ts";
import { settle, sleep } from "../../tests/support/wait.ts";
import type { SaView } from "../model/sa_view.ts";
import { type Greeter, startGreeter } from "./greeter.ts";

interface Scene {
  /** By SPI. */
  readonly sas: Map<number, SaView>;
  /** SPIs, as the greeter has ordered dummy packets. */
  readonly orders: number[];
  /** Lines of the log. */
  readonly lines: unknown[];
  readonly greeter: Greeter;
}

/** A greeter whose orders are all refused. */
function openScene(...views: readonly SaView[]): Scene {
  const sas = new Map(views.map((view) => [view.id, view]));
  const orders: number[] = [];
  const lines: unknown[] = [];
  const greeter = startGreeter({
    sad: { view: (id) => sas.get(id) },
    log: (_level, event, fields) => void lines.push([event, fields]),
    sendDummy: (id) => {
      orders.push(id);
      return { kind: "conflict", detail: "The lane has too many orders" };
    },
  });
  return { sas, orders, lines, greeter };
}

test("a greeting is ordered again until a packet of its SA has been sealed", async () => {
  const { sas, orders, lines, greeter } = openScene(
    createFakeSa({ id: 1 }),
    createFakeSa({ id: 2 }),
  );
  greeter.greet([1, 2]);
  deepEqual(orders, [1, 2]);
  sas.set(1, createFakeSa({ id: 1, sequence: 1n }));
  await settle(() => orders.length, (count) => count >= 4);
  deepEqual(orders.slice(0, 4), [1, 2, 2, 2]);
  sas.set(2, createFakeSa({ id: 2, sequence: 7n }));
  greeter.stop();
  deepEqual(lines, []);
});

test("an SA that is removed or has expired sends no more greetings", async () => {
  const { sas, orders, greeter } = openScene(createFakeSa({ id: 1 }), createFakeSa({ id: 2 }));
  greeter.greet([1, 2, 3]);
  sas.delete(1);
  sas.set(2, createFakeSa({ id: 2, state: "expired" }));
  await sleep(600);
  deepEqual(orders, [1, 2]);
  greeter.stop();
});

test("greetings that were not sent when the connection ends are told once, then dropped", async () => {
  const { orders, lines, greeter } = openScene(createFakeSa({ id: 1 }), createFakeSa({ id: 2 }));
  greeter.greet([1, 2]);
  greeter.stop();
  deepEqual(lines, [["greetings_lost", { count: 2 }]]);
  await sleep(600);
  ok(orders.length === 2, `${orders}`);
});
