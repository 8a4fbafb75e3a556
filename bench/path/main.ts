// `deno task bench:path`: measures the whole path through the gateway that users start. It reports
// throughput and cost beside plain TCP, where the time of a packet goes, latency, the effect of a
// second lane, the cost of observers, and ten thousand connections.
//
//     --json --progress --only TEXT --runs N --out FILE
//     --connections N --packets N --engine wasm|native

import { fileURLToPath } from "node:url";
import { ConfigError } from "../../gateway/config/error.ts";
import { runtime } from "../../gateway/runtime/mod.ts";
import { wholeFlag } from "../lib/flags.ts";
import { noCase } from "../lib/no_case.ts";
import { openReport, parseBenchArgs } from "../lib/report.ts";
import { runMain } from "../lib/run_main.ts";
import { settingOf } from "../lib/setting.ts";
import { eventCases, measureEvents } from "./events.ts";
import { idleCases, measureIdle } from "./idle.ts";
import { laneCases, measureLanes } from "./lanes.ts";
import { latencyCases, measureLatency } from "./latency.ts";
import { enterNamespace } from "./namespace.ts";
import type { Engine } from "./scene.ts";
import { measureStages, stageCases } from "./stages.ts";
import { measureThroughput, throughputCases } from "./throughput.ts";

async function main(): Promise<number> {
  const code = enterNamespace(fileURLToPath(import.meta.url), runtime.args);
  if (code !== undefined) return code;
  const further = { connections: "0", packets: "50000", engine: "wasm" };
  const options = parseBenchArgs(runtime.args, { runs: 5, further });
  const connections = wholeFlag("connections", options.further.connections, { min: 0 });
  const packets = wholeFlag("packets", options.further.packets, { min: 1 });
  const engine = engineOf(options.further.engine);
  const suite = { ...options, connections, packets, engine };
  const parts = [throughputCases, stageCases, latencyCases, laneCases, eventCases, idleCases];
  const cases = parts.reduce((sum, casesOf) => sum + casesOf(suite).length, 0);
  if (cases === 0) return noCase(options);
  const report = openReport(settingOf("path"), options);
  report.progress.expect(cases);
  await measureThroughput(report, suite);
  await measureStages(report, suite);
  await measureLatency(report, suite);
  await measureLanes(report, suite);
  await measureEvents(report, suite);
  await measureIdle(report, { ...suite, runs: Math.min(options.runs, IDLE_RUNS) });
  return 0;
}

function engineOf(text: string | undefined): Engine {
  if (text === "wasm" || text === "native") return text;
  throw new ConfigError({ path: "--engine" }, "must be wasm or native");
}

/**
 * Fewer runs than elsewhere: ten thousand connections take long, and their memory differs little
 * from run to run.
 */
const IDLE_RUNS = 3;

if (import.meta.main) await runMain(main);
