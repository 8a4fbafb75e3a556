// Records in the forms that the page needs: grouped by run, by what was measured and by packet
// size; ratios with their spread; and the command that made a record.

import { pairedRatio } from "../../lib/ratio.ts";
import { isAmountUnit } from "../../lib/record.ts";
import { STAGES } from "../../path/stages/stage.ts";

/**
 * @typedef {import("../../lib/record.ts").BenchRecord} BenchRecord
 * @typedef {BenchRecord & { readonly file: string, readonly line: number }} Placed A record with
 *   its file and its line, which counts from 1
 * @typedef {{
 *   readonly key: string,
 *   readonly first: Placed,
 *   readonly records: readonly Placed[],
 * }} Run
 * @typedef {{ readonly value: number, readonly low: number, readonly high: number }} Figure
 */

/**
 * Gives each record its file and line.
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
 * Groups records by run, the latest first.
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
 * What a case measures, without the packet size: `seal aes-128-gcm`, `tunnel up 1`.
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
 * The path and the stage that a record measures; `undefined` if it is not about a stage. Other
 * cases have a slash in their names too: `tunnel/sender up 1400 1`, `ping/p99 idle 84 1`.
 *
 * @param {BenchRecord} record `tunnel/aead up 1400 1`
 * @returns {{ readonly stage: string, readonly path: string } | undefined} Such as `aead` of
 *   `tunnel up 1400 1`
 */
export function stageOf(record) {
  const [, what, stage = "", rest] = /^([^ /]+)\/([^ ]+)( .*)$/.exec(record.case) ?? [];
  const isStage = record.suite === "path" && STAGES.some((name) => name === stage);
  return isStage ? { path: `${what}${rest}`, stage } : undefined;
}

/**
 * Whether a case is about a duration, for which a rate would mean nothing: round trips, and parts
 * of a packet's cost.
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
 * Whether a record is an amount (memory, a share of a processor, a statistic) and not work that is
 * repeated.
 *
 * @param {BenchRecord} record
 * @returns {boolean}
 */
export function isAmount({ unit }) {
  return isAmountUnit(unit);
}

/**
 * @param {string} subject
 * @returns {boolean}
 */
export function isOurs(subject) {
  return subject.startsWith("culvert-");
}

/**
 * Our rate over a rival's. It is paired round by round where both records allow it. Otherwise, with
 * too few samples or in older records, it is the ratio of medians. The low end is our worst over
 * their best, the high end our best over their worst.
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
 * The rate, and the rates that follow from the 90th and 10th percentile of the time.
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
 * The main figure of a case: its rate, or its time where it is about a duration.
 *
 * @param {BenchRecord} record
 * @returns {Figure}
 */
export function figureOf(record) {
  return isTime(record) ? eachOf(record) : rateOf(record);
}

/**
 * Processor time of one packet. Records do not keep its spread.
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
 * Compares a record with an earlier one of the same case and subject. Where the two spreads
 * overlap, the difference is noise.
 *
 * @param {BenchRecord} now
 * @param {BenchRecord} before
 * @returns {{
 *   readonly ratio: number,
 *   readonly verdict: "faster" | "slower" | "smaller" | "larger" | "within the spread",
 * }}
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
 * The command that made a record. Older records do not hold it; for them the command is a guess
 * that measures everything of the same rounds again.
 *
 * @param {Placed} record
 * @param {readonly Placed[]} run All records of its run
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
 * Versions of the subjects, as far as the records hold them.
 *
 * @param {readonly BenchRecord[]} records
 * @returns {ReadonlyMap<string, string>}
 */
export function versionsOf(records) {
  return new Map(
    records.flatMap(({ subject, version }) => version === undefined ? [] : [[subject, version]]),
  );
}
