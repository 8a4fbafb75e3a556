// The gateway with clocks in its lanes. Only the lane's entry differs from the program that users
// start.

import { runCli } from "../../../gateway/cli/main_cli.ts";
import { runtime } from "../../../gateway/runtime/mod.ts";

function startLaneWorker(): Worker {
  return new Worker(new URL("./timed_worker.ts", import.meta.url), { type: "module" });
}

runtime.exit(await runCli({ ...runtime, startLaneWorker }));
