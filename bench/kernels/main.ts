// The kernels bench: the AEAD step of a packet, ours beside what a program on this runtime would
// use instead.
//
//     deno task bench:kernels [--json] [--progress] [--only TEXT] [--runs N] [--out FILE]
//     bun bench/kernels/main.ts [the same flags]

import process from "node:process";
import { noCase } from "../lib/no_case.ts";
import type { Sample, Setting, Subject } from "../lib/record.ts";
import { openReport, parseBenchArgs } from "../lib/report.ts";
import { type Contender, runRounds } from "../lib/run.ts";
import { runMain } from "../lib/run_main.ts";
import { settingOf } from "../lib/setting.ts";
import { openCulvertNative, openCulvertStrict, openCulvertWasm } from "./culvert_wasm.ts";
import { type Batch, contenderOf, type Kernel } from "./kernel.ts";
import { findGo } from "./go.ts";
import { noble } from "./noble.ts";
import { nodeCrypto } from "./node_crypto.ts";
import { openssl } from "./openssl.ts";
import { type Outsider, partsOf } from "./outsider.ts";
import { loadRustCrypto } from "./rustcrypto.ts";
import { webCrypto } from "./web_crypto.ts";
import {
  type Aead,
  AEADS,
  AEADS_ALONE,
  aloneOf,
  ENDS,
  type Operation,
  OPERATIONS,
  SIZES,
  type Workload,
  workloadOf,
} from "./workload.ts";

/**
 * Engines compile hot code while it runs, so the first burst is longer and its time is thrown away.
 */
const WARM_UP_MS = 100;
const BURST_MS = 3;
/** Runs of a batch of one packet between two readings of the clock. */
const REPEATS_ALONE = 32;

interface Case {
  readonly name: string;
  readonly operation: Operation;
  readonly aead: Aead;
  readonly octets: number;
  /** Whether it is a batch of one packet. */
  readonly isAlone: boolean;
}

const CASES: readonly Case[] = [
  ...casesOf(AEADS, SIZES),
  ...casesOf(AEADS_ALONE, ENDS).map((found) => ({
    ...found,
    ...{ name: `${found.name} alone`, isAlone: true },
  })),
];

await runMain(main);

/**
 * Returns undefined so that the process ends by itself: Bun's exit would not wait until standard
 * output has been read.
 */
async function main(): Promise<number | undefined> {
  const options = parseBenchArgs(process.argv.slice(2), { runs: 31 });
  const cases = CASES.filter(({ name }) => name.includes(options.only));
  if (cases.length === 0) return noCase(options);
  const setting = settingOf("kernels");
  const report = openReport(setting, options);
  const kernels = await openKernels();
  const outsiders = findOutsiders(setting);
  report.progress.expect(cases.length);
  for (const found of cases) {
    const { name, operation, octets } = found;
    report.progress.begin(name);
    const batches = await prepareAll(kernels, operation, workloadFor(found));
    const samples = await measureAll(batches, {
      runs: options.runs,
      repeats: found.isAlone ? REPEATS_ALONE : 1,
      onRound: report.progress.round,
      askOutsiders: () => samplesOf(outsiders, found),
    });
    const baseline = samples.has("node-crypto") ? "node-crypto" : "noble";
    report.add({ case: name, octets, unit: "octets/s", baseline, samples });
  }
  return undefined;
}

function casesOf(aeads: readonly Aead[], sizes: readonly number[]): Case[] {
  return aeads.flatMap((aead) =>
    sizes.flatMap((octets) =>
      OPERATIONS.map((operation) => ({
        ...{ name: `${operation} ${aead} ${octets}`, operation, aead, octets },
        isAlone: false,
      }))
    )
  );
}

function workloadFor({ aead, octets, isAlone }: Case): Workload {
  const workload = workloadOf(aead, octets);
  return isAlone ? aloneOf(workload) : workload;
}

/**
 * One sample from each outsider that has this case. Outsiders have no batches, so a packet alone
 * would only repeat what they report for its size.
 */
function samplesOf(
  outsiders: readonly Outsider[],
  { aead, operation, octets, isAlone }: Case,
): [Subject, Sample][] {
  if (isAlone) return [];
  return outsiders.flatMap(({ subject, measure }): [Subject, Sample][] => {
    const sample = measure(aead, operation, octets);
    return sample === undefined ? [] : [[subject, sample]];
  });
}

/** Prepares a batch for each subject that has this AEAD, and checks its results once. */
async function prepareAll(
  kernels: readonly Kernel[],
  operation: Operation,
  workload: Workload,
): Promise<Map<Subject, Batch>> {
  const batches = new Map<Subject, Batch>();
  for (const { subject, prepare } of kernels) {
    const batch = await prepare(operation, workload);
    if (batch === undefined) continue;
    batch.restore?.();
    await batch.run();
    batch.check();
    batches.set(subject, batch);
  }
  return batches;
}

interface Asked {
  readonly runs: number;
  /** Runs between two readings of the clock. */
  readonly repeats: number;
  readonly onRound: (round: number, of: number) => void;
  readonly askOutsiders: () => readonly (readonly [Subject, Sample])[];
}

/** Takes the samples of one case and closes the batches. */
async function measureAll(
  batches: ReadonlyMap<Subject, Batch>,
  { runs, repeats, onRound, askOutsiders }: Asked,
): Promise<Map<Subject, Sample[]>> {
  const contenders = (ms: number): Contender[] =>
    [...batches].map(([subject, batch]) => contenderOf(subject, batch, { ms, repeats }));
  await runRounds(contenders(WARM_UP_MS), { runs: 1, warmups: 0 });
  const samples = new Map<Subject, Sample[]>();
  const add = (subject: Subject, more: readonly Sample[]): void =>
    void samples.set(subject, [...samples.get(subject) ?? [], ...more]);
  let done = 0;
  for (const rounds of partsOf(runs)) {
    // Outsiders disturb the caches, so the round after them is a warm-up that does not count.
    const options = { runs: rounds, warmups: 1, onRound: () => onRound(++done, runs) };
    for (const [subject, some] of await runRounds(contenders(BURST_MS), options)) {
      add(subject, some);
    }
    for (const [subject, sample] of askOutsiders()) add(subject, [sample]);
  }
  for (const batch of batches.values()) batch.close?.();
  return samples;
}

function findOutsiders({ versionOf }: Setting): Outsider[] {
  const found: Outsider[] = [];
  if (versionOf("openssl") === undefined) complain("openssl: not installed");
  else found.push(openssl);
  const go = findGo();
  if (go === undefined) complain("go: not built");
  else found.push(go);
  return found;
}

async function openKernels(): Promise<Kernel[]> {
  const kernels = [
    await openCulvertWasm(),
    await openCulvertStrict(),
    nodeCrypto,
    webCrypto,
    noble,
  ];
  const rivals = [
    { subject: "rustcrypto-wasm", name: "simd" },
    { subject: "rustcrypto-wasm-scalar", name: "scalar" },
  ] as const;
  for (const { subject, name } of rivals) {
    const rival = await loadRustCrypto(subject, name);
    if (rival === undefined) complain(`${subject}: not installed`);
    else kernels.push(rival);
  }
  try {
    kernels.push(await openCulvertNative());
  } catch (error) {
    complain(`culvert-native: ${error instanceof Error ? error.message : error}`);
  }
  return kernels;
}

function complain(text: string): void {
  process.stderr.write(`${text}\n`);
}
