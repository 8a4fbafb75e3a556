// Records as the page asks for them: by run, by what was measured and by packet size; ratios with
// their spread; the command that made one.

import { pairedRatio } from "../../lib/ratio.ts";
import { STAGES } from "../../path/stages/stage.ts";

/**
 * @typedef {import("../../lib/record.ts").BenchRecord} BenchRecord
 * @typedef {BenchRecord & { readonly file: string, readonly line: number }} Placed A record and where it stands; lines count from 1
 * @typedef {{ readonly key: string, readonly first: Placed, readonly records: readonly Placed[] }} Run
 * @typedef {{ readonly value: number, readonly low: number, readonly high: number }} Figure
 */

/**
 * Gives each record its place.
 *
 * @param {readonly { readonly name: string, readonly records: readonly BenchRecord[] }[]} files
 * @returns {Placed[]}
 */
export function place(files) {
  return files.flatMap(({ name, records }) =>
    records.map((record, index) => ({ ...record, file: name, line: index + 1 }))
  );
}

/**
 * Runs, the latest first.
 *
 * @param {readonly Placed[]} records
 * @returns {Run[]}
 */
export function runsOf(records) {
  const groups = Map.groupBy(
    records,
    ({ file, suite, runtime, machine, commit, at }) =>
      [at, suite, runtime, machine, commit, file].join("|"),
  );
  return [...groups].flatMap(([key, of]) =>
    of[0] === undefined ? [] : [{ key, first: of[0], records: of }]
  )
    .sort((a, b) => a.key < b.key ? 1 : -1);
}

/**
 * What a case measures, its octets left out: `seal aes-128-gcm`, `tunnel up 1`.
 *
 * @param {BenchRecord} record
 * @returns {string}
 */
export function whatOf(record) {
  const words = record.case.split(" ");
  const at = words.indexOf(String(record.octets), 1);
  return words.filter((_, index) => index !== at).join(" ");
}

/**
 * The stage of a path that a record is of. Other cases have a slash too: `tunnel/sender up 1400 1`,
 * `ping/p99 idle 84 1`.
 *
 * @param {BenchRecord} record `tunnel/aead up 1400 1`
 * @returns {{ readonly stage: string, readonly path: string } | undefined} `aead`, `tunnel up 1400 1`
 */
export function stageOf(record) {
  const [, what, stage = "", rest] = /^([^ /]+)\/([^ ]+)( .*)$/.exec(record.case) ?? [];
  const isStage = record.suite === "path" && STAGES.some((name) => name === stage);
  return isStage ? { path: `${what}${rest}`, stage } : undefined;
}

/**
 * Whether a case is about how long something takes, so that a rate of it would say nothing: round
 * trips, and parts of a packet's cost.
 *
 * @param {BenchRecord} record
 * @returns {boolean}
 */
export function isTime(record) {
  return record.unit === "packets/s" &&
    (isRoundTrip(record) || stageOf(record) !== undefined);
}

/**
 * @param {BenchRecord} record
 * @returns {boolean}
 */
export function isRoundTrip(record) {
  return /^(ping|latency|ike)[ /]/.test(record.case);
}

/**
 * Whether a record is an amount, memory, a share of a processor or a statistic, and no work that is
 * done again and again.
 *
 * @param {BenchRecord} record
 * @returns {boolean}
 */
export function isAmount({ unit }) {
  return unit === "octets" || unit === "share" || unit === "t";
}

/**
 * @param {string} subject
 * @returns {boolean}
 */
export function isOurs(subject) {
  return subject.startsWith("culvert-");
}

/**
 * Our rate over a rival's: over the rounds of a run, or of medians if one of them has fewer samples
 * or is older than such ratios. The ends are the worst of ours over the best of theirs, and the
 * other way round.
 *
 * @param {BenchRecord} ours
 * @param {BenchRecord} rival Of the same case and run
 * @returns {Figure}
 */
export function ratioOf(ours, rival) {
  const paired = pairedRatio(ours, rival);
  if (paired !== undefined) return paired;
  const [own, other] = [rateOf(ours), rateOf(rival)];
  return {
    value: own.value / other.value,
    low: own.low / other.high,
    high: own.high / other.low,
  };
}

/**
 * The rate, with the rates at the 10th and 90th percentile of the time.
 *
 * @param {BenchRecord} record
 * @returns {Figure}
 */
function rateOf(record) {
  const { rate, unit, octets, low, high } = record;
  if (isAmount(record)) return { value: rate, low, high };
  const work = unit === "octets/s" ? octets : 1;
  return { value: rate, low: work / high, high: work / low };
}

/**
 * What a case is about: its rate, or the time it takes.
 *
 * @param {BenchRecord} record
 * @returns {Figure}
 */
export function figureOf(record) {
  return isTime(record) ? eachOf(record) : rateOf(record);
}

/**
 * Processor time of one packet, whose spread is not kept.
 *
 * @param {BenchRecord} record
 * @returns {Figure | null}
 */
export function cpuOf({ cpuPerPacket }) {
  if (cpuPerPacket === undefined) return null;
  return { value: cpuPerPacket, low: cpuPerPacket, high: cpuPerPacket };
}

/**
 * Time of one operation or packet, or the amount.
 *
 * @param {BenchRecord} record
 * @returns {Figure}
 */
export function eachOf({ median, low, high }) {
  return { value: median, low, high };
}

/**
 * How one record stands to an earlier one of the same case and subject. Where spreads overlap, it
 * is noise.
 *
 * @param {BenchRecord} now
 * @param {BenchRecord} before
 * @returns {{ readonly ratio: number, readonly verdict: "faster" | "slower" | "smaller" | "larger" | "within the spread" }}
 */
export function changeOf(now, before) {
  const [small, large] = isAmount(now) ? AMOUNT : WORK;
  const ratio = isAmount(now) ? now.median / before.median : before.median / now.median;
  if (now.high < before.low) return { ratio, verdict: small };
  if (now.low > before.high) return { ratio, verdict: large };
  return { ratio, verdict: "within the spread" };
}

const AMOUNT = /** @type {const} */ (["smaller", "larger"]);
const WORK = /** @type {const} */ (["faster", "slower"]);

/**
 * The command that made a record, as it stands in it. Older records do not say: then it is a guess,
 * with all that is measured in the same turns.
 *
 * @param {Placed} record
 * @param {readonly Placed[]} run All of its run
 * @returns {{ readonly command: string, readonly isGuess: boolean }}
 */
export function commandOf(record, run) {
  if (record.command !== undefined) return { command: record.command, isGuess: false };
  const { path } = stageOf(record) ?? {};
  const name = path?.replace(" ", "/stages ") ?? record.case.replace(/\/[^ ]+/, "");
  const runs = Math.max(
    ...run.filter((other) => other.case === record.case).map((other) => other.runs),
  );
  const start = record.runtime.startsWith("bun") ? "bun" : "deno run -A";
  const command = `${start} bench/${record.suite}/main.ts --only '${name}' --runs ${runs}`;
  return { command, isGuess: true };
}

/**
 * @param {Placed} record
 * @returns {string} Fragment of the page's address that shows a record
 */
export function anchorOf({ file, line }) {
  return `#${file}:${line}`;
}

/**
 * Versions of the subjects, where the records have them.
 *
 * @param {readonly BenchRecord[]} records
 * @returns {ReadonlyMap<string, string>}
 */
export function versionsOf(records) {
  return new Map(
    records.flatMap(({ subject, version }) => version === undefined ? [] : [[subject, version]]),
  );
}
