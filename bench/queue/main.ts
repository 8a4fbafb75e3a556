// `deno task bench:queue`: what TCP in TCP does to a transfer, and to round trips beside it, on a
// link with delay, loss and a bottleneck. Needs root, and cargo to build the link.
//
//     --json --only TEXT --seconds N --runs N --out FILE --plots FOLDER

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { runtime } from "../../gateway/runtime/mod.ts";
import { allOutput } from "../../tests/interop/lib/process.ts";
import { wholeFlag } from "../lib/flags.ts";
import { noCase } from "../lib/no_case.ts";
import { openOut } from "../lib/out.ts";
import { type BenchOptions, parseBenchArgs } from "../lib/report.ts";
import { runMain } from "../lib/run_main.ts";
import { settingOf } from "../lib/setting.ts";
import { spreadOf } from "../lib/stats.ts";
import { enterNamespace } from "../path/namespace.ts";
import { measureWay, type Reading, startIperf } from "./measure.ts";
import { plotBars } from "./plot.ts";
import {
  buildEmulator,
  type Conditions,
  LOSS_PERCENT,
  RTT_MS,
  type Way,
  WAYS,
  withLink,
} from "./scene.ts";

/** One line of results: the medians of the runs. */
interface QueueRecord extends Conditions, Reading {
  readonly way: string;
}

async function main(): Promise<number> {
  const options = parseBenchArgs(runtime.args, { runs: 1, further: { seconds: "6", plots: "" } });
  const seconds = wholeFlag("seconds", options.further.seconds, { min: 2 });
  if (casesOf(options.only).length === 0) return noCase(options);
  await buildEmulator();
  const code = enterNamespace(fileURLToPath(import.meta.url), runtime.args);
  if (code !== undefined) return code;
  const folder = mkdtempSync(`${tmpdir()}/culvert-queue-`);
  try {
    const records = await measureAll(options, { seconds, folder });
    const { plots } = options.further;
    if (plots !== undefined && plots !== "") writePlots(records, plots);
    return 0;
  } catch (error) {
    process.stderr.write(allOutput(10));
    throw error;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Asked {
  /** Length of each transfer. */
  readonly seconds: number;
  readonly folder: string;
}

async function measureAll(options: BenchOptions, asked: Asked): Promise<QueueRecord[]> {
  const records: QueueRecord[] = [];
  const keep = openOut(options.out);
  const { commit, at, machine } = settingOf("wire");
  for (const [conditions, way] of casesOf(options.only)) {
    const readings: Reading[] = [];
    for (let run = 0; run < options.runs; run++) {
      readings.push(await measure(way, conditions, asked));
    }
    const record = { way: way.name, ...conditions, ...middleOf(readings) };
    records.push(record);
    const line = `${JSON.stringify({ ...record, runs: options.runs, commit, at, machine })}\n`;
    keep(line);
    process.stdout.write(options.isJson ? line : row(record));
  }
  return records;
}

function casesOf(only: string): readonly (readonly [Conditions, Way])[] {
  return RTT_MS.flatMap((rttMs) => LOSS_PERCENT.map((lossPercent) => ({ rttMs, lossPercent })))
    .flatMap((conditions) => WAYS.map((way) => [conditions, way] as const))
    .filter(([conditions, way]) => row({ ...conditions, way: way.name }).includes(only));
}

function measure(way: Way, conditions: Conditions, { seconds, folder }: Asked): Promise<Reading> {
  return withLink(conditions, async (link) => {
    await startIperf(link);
    return await measureWay(link, await way.open(link, folder), seconds);
  });
}

function middleOf(readings: readonly Reading[]): Reading {
  const middle = (member: keyof Reading): number =>
    Number(spreadOf(readings.map((reading) => reading[member])).median.toPrecision(4));
  return {
    goodput: middle("goodput"),
    sentAgain: middle("sentAgain"),
    p50: middle("p50"),
    p99: middle("p99"),
    lost: middle("lost"),
  };
}

/** `20 ms 0.1 % culvert  44.1 Mbit/s, 12 sent again, ping p50 36.2 ms, p99 43.0 ms`. */
function row(record: Conditions & { readonly way: string } & Partial<Reading>): string {
  const { rttMs, lossPercent, way, goodput, sentAgain, p50, p99 } = record;
  const where = `${rttMs} ms ${lossPercent} % ${way.padEnd(20)}`;
  return goodput === undefined
    ? where
    : `${where} ${goodput} Mbit/s, ${sentAgain} sent again, ping p50 ${p50} ms, p99 ${p99} ms\n`;
}

function writePlots(records: readonly QueueRecord[], folder: string): void {
  const bars = (member: "goodput" | "p50" | "p99"): ReturnType<typeof barOf>[] =>
    records.map((record) => barOf(record, record[member]));
  const plots = {
    "queue-goodput": plotBars(bars("goodput"), { title: "Goodput", unit: "Mbit/s" }),
    "queue-p50": plotBars(bars("p50"), { title: "Round trip beside it, median", ...RTT_SCALE }),
    "queue-p99": plotBars(bars("p99"), { title: "Round trip beside it, p99", ...RTT_SCALE }),
  };
  for (const [name, svg] of Object.entries(plots)) writeFileSync(`${folder}/${name}.svg`, svg);
}

function barOf(
  { rttMs, lossPercent, way }: QueueRecord,
  value: number,
): { panel: string; group: string; way: string; value: number } {
  return { panel: `${rttMs} ms round trip`, group: `${lossPercent} % lost`, way, value };
}

const RTT_SCALE = { unit: "ms", isLog: true };

if (import.meta.main) await runMain(main);
