// `deno task bench:path`: throughput and cost of the whole path, through the gateway that users start, beside plain TCP.
//
//     --json --only TEXT --runs N --out FILE --connections N --packets N

import { fileURLToPath } from "node:url";
import { runtime } from "../../gateway/runtime/mod.ts";
import { openReport, parseBenchArgs } from "../lib/report.ts";
import { settingOf } from "../lib/setting.ts";
import { enterNamespace } from "./namespace.ts";
import { runSuite } from "./suite.ts";

async function main(): Promise<number> {
  const code = enterNamespace(fileURLToPath(import.meta.url), runtime.args);
  if (code !== undefined) return code;
  const options = parseBenchArgs(runtime.args, {
    runs: 9,
    further: { connections: "1", packets: "100000" },
  });
  const { connections, packets } = options.further;
  const report = openReport(settingOf("path"), options);
  await runSuite(report, {
    ...options,
    connections: Number(connections),
    packets: Number(packets),
  });
  return 0;
}

if (import.meta.main) runtime.exit(await main());
