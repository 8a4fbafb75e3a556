// `deno task bench:ike`: measures handshakes of IKE inside a gateway that users start, with real
// TCP connections. The runtime that runs this is the gateway's; the load comes from a process of
// its own, on Bun.
//
//     --json --progress --only TEXT --runs N --out FILE
//     --handshakes N --clients N --in-flight N

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { runtime } from "../../gateway/runtime/mod.ts";
import { wholeFlag } from "../lib/flags.ts";
import { noCase } from "../lib/no_case.ts";
import { openReport, parseBenchArgs } from "../lib/report.ts";
import { runMain } from "../lib/run_main.ts";
import { settingOf } from "../lib/setting.ts";
import { casesOf } from "./cases.ts";
import { measureIke } from "./suite.ts";

async function main(): Promise<number> {
  const further = { handshakes: "1000", clients: "10000", "in-flight": "64" };
  const options = parseBenchArgs(runtime.args, { runs: 5, further });
  const flag = (name: keyof typeof further, max: number): number =>
    wholeFlag(name, options.further[name], { min: 1, max });
  const sizes = { handshakes: flag("handshakes", 10_000), clients: flag("clients", 10_000) };
  const inFlight = flag("in-flight", 1000);
  const cases = casesOf(sizes, options.only);
  if (cases.length === 0) return noCase(options);
  const report = openReport(settingOf("ike"), options);
  report.progress.expect(new Set(cases.map(({ part, way }) => `${part} ${way}`)).size);
  for (const [subject, why] of ABSENT) process.stderr.write(`${subject}: ${why}\n`);
  const folder = mkdtempSync(join(tmpdir(), "culvert-ike-"));
  try {
    await measureIke(report, { ...sizes, cases, inFlight, runs: options.runs, folder });
    return 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Rivals that are not measured. */
const ABSENT = [
  ["strongswan", "not measured: its load-tester loads a responder over UDP"],
  ["veepin", "not measured: it is not driven by this load"],
] as const;

if (import.meta.main) await runMain(main);
