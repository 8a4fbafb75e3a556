// `deno task bench:path`: throughput and cost of the whole path through the gateway that users start, beside plain TCP; then where the time of a packet
// goes; then what an idle connection holds.
//
//     --json --progress --only TEXT --runs N --out FILE --connections N --packets N --engine wasm|native

import { fileURLToPath } from "node:url";
import { runtime } from "../../gateway/runtime/mod.ts";
import { openReport, parseBenchArgs } from "../lib/report.ts";
import { settingOf } from "../lib/setting.ts";
import { measureMemory, memoryParts } from "./memory.ts";
import { enterNamespace } from "./namespace.ts";
import type { Engine } from "./scene.ts";
import { measureStages, stageName } from "./stages.ts";
import { casesOf, measureThroughput, throughputName } from "./throughput.ts";

async function main(): Promise<number> {
  const code = enterNamespace(fileURLToPath(import.meta.url), runtime.args);
  if (code !== undefined) return code;
  const further = { connections: "1", packets: "100000", engine: "wasm" };
  const options = parseBenchArgs(runtime.args, { runs: 9, further });
  const connections = positive("connections", options.further.connections);
  const packets = positive("packets", options.further.packets);
  const engine = engineOf(options.further.engine);
  const report = openReport(settingOf("path"), options);
  const suite = { ...options, connections, packets, engine };
  const { only } = options;
  report.progress.expect(
    casesOf(only, throughputName(suite)).length + casesOf(only, stageName).length +
      memoryParts(only).length,
  );
  await measureThroughput(report, suite);
  await measureStages(report, suite);
  await measureMemory(report, { only, runs: Math.min(options.runs, MEMORY_RUNS) });
  return 0;
}

function engineOf(text: string | undefined): Engine {
  if (text === "wasm" || text === "native") return text;
  throw new RangeError(`--engine is ${text}`);
}

function positive(flag: string, text: string | undefined): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new RangeError(`--${flag} is ${text}`);
  return value;
}

/** Memory differs little from run to run. */
const MEMORY_RUNS = 3;

if (import.meta.main) runtime.exit(await main());
