// `deno task bench:dashboard [--port N]`: serves the page of bench/results, with this machine's own
// runs added, on 127.0.0.1. You can start runs from the page.

import { parseArgs } from "node:util";
import { runtime } from "../../gateway/runtime/mod.ts";
import { wholeFlag } from "../lib/flags.ts";
import { runMain } from "../lib/run_main.ts";
import { meansHere, programsOf } from "./programs.ts";
import { startDashboard } from "./serve.ts";

/** Returns no exit code: the server keeps the process alive. */
async function main(): Promise<undefined> {
  const { values } = parseArgs({
    args: [...runtime.args],
    options: { port: { type: "string", default: "4599" } },
  });
  const port = wholeFlag("port", values.port, { min: 0, max: 65_535 });
  const dashboard = await startDashboard({ port, programs: programsOf(meansHere()) });
  void runtime.stdout(`${dashboard.url}\n`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    runtime.onSignal(signal, () => void dashboard.close().then(() => runtime.exit(0)));
  }
}

await runMain(main);
