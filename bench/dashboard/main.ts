// `deno task bench:dashboard [--port N]`: the page of bench/results with this machine's own runs, on 127.0.0.1; runs are started from it.

import { parseArgs } from "node:util";
import { runtime } from "../../gateway/runtime/mod.ts";
import { meansHere, programsOf } from "./programs.ts";
import { startDashboard } from "./serve.ts";

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: [...runtime.args],
    options: { port: { type: "string", default: "4599" } },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError(`--port is ${values.port}`);
  }
  const dashboard = await startDashboard({ port, programs: programsOf(meansHere()) });
  runtime.stdout(`${dashboard.url}\n`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    runtime.onSignal(signal, () => void dashboard.close().then(() => runtime.exit(0)));
  }
}

await main();
