// The load generator, a program of its own: `generator.ts PLAN` with the plan as JSON. It takes
// orders from standard input and answers each with a line.

import { writeSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { raiseOpenFiles } from "../../gateway/linux/limits.ts";
import { runtime } from "../../gateway/runtime/mod.ts";
import { openArena } from "../path/arena.ts";
import { type Clients, createClients } from "./clients.ts";
import { openClientMaker } from "./engines.ts";
import type { GeneratorOrder, GeneratorPlan, Load } from "./orders.ts";

async function main(plan: GeneratorPlan): Promise<void> {
  const arena = openArena(0);
  raiseOpenFiles(arena);
  const clients = createClients(arena, await openClientMaker(plan));
  tell({ count: 0, seconds: 0, resumed: 0 });
  for await (const line of createInterface({ input: process.stdin })) {
    tell(obey(clients, JSON.parse(line) as GeneratorOrder));
  }
}

function obey(clients: Clients, order: GeneratorOrder): Load {
  switch (order.do) {
    case "open":
      return clients.open(order.tcp, order.count, order.inFlight);
    case "rekey":
      return clients.rekey(order.what, order.inFlight);
    case "end":
      return clients.end(order.inFlight);
    case "drop":
      return clients.drop();
  }
}

function tell(load: Load): void {
  writeSync(1, `${JSON.stringify(load)}\n`);
}

if (import.meta.main) {
  runtime.onSignal("SIGTERM", () => runtime.exit(0));
  await main(JSON.parse(runtime.args[0] ?? "{}") as GeneratorPlan);
}
