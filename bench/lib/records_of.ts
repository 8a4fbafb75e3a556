// Turns the results of a case into records, and records into lines of JSON.

import {
  type BenchRecord,
  type CaseResult,
  isAmountUnit,
  type Sample,
  type Setting,
  type Spread,
  type Unit,
} from "./record.ts";
import { spreadOf } from "./stats.ts";

/**
 * The records of one case, one for each subject, in the order of the subjects.
 *
 * @throws {RangeError} If the baseline was not measured, or a subject has no samples
 */
export function recordsOf(setting: Setting, result: CaseResult): BenchRecord[] {
  const { unit, baseline, octets } = result;
  const own = result.samples.get(baseline);
  if (own === undefined) throw new RangeError(`No samples of the baseline ${baseline}`);
  return [...result.samples].map(([subject, samples]) => {
    const spread = spreadOf(_values(samples));
    const cpu = samples.map((sample) => sample.cpu).filter((seconds) => seconds !== undefined);
    const version = setting.versionOf(subject);
    return {
      suite: setting.suite,
      case: result.case,
      subject,
      ...(version === undefined ? {} : { version }),
      runtime: setting.runtime,
      octets,
      rate: _rateOf(spread, { unit, octets }),
      unit,
      ...spread,
      runs: samples.length,
      baseline,
      ..._ratiosOf(_values(samples), _values(own), unit),
      ...(cpu.length === 0 ? {} : { cpuPerPacket: spreadOf(cpu).median }),
      commit: setting.commit,
      at: setting.at,
      machine: setting.machine,
      kernel: setting.kernel,
      command: setting.command,
    };
  });
}

/** A record as a line of JSON. Measured numbers keep four digits; the rest is noise. */
export function recordLine(record: BenchRecord): string {
  const short = (key: string, value: unknown): unknown =>
    typeof value === "number" && !COUNTED.includes(key) ? Number(value.toPrecision(4)) : value;
  return `${JSON.stringify(record, short)}\n`;
}

const COUNTED: readonly string[] = ["octets", "runs"];

function _values(samples: readonly Sample[]): number[] {
  return samples.map((sample) => sample.value);
}

/**
 * Compares round by round. A machine that is slow for a while slows all subjects of a round alike,
 * but may move the median of one more than another's. If the two have different numbers of samples,
 * or the clock rounded a time to zero, it compares medians.
 */
function _ratiosOf(
  samples: readonly number[],
  baseline: readonly number[],
  unit: Unit,
): Pick<BenchRecord, "ratio" | "ratioLow" | "ratioHigh"> {
  const pairs = samples.map((sample, round) => _ratio(sample, baseline[round] ?? NaN, unit));
  if (samples.length !== baseline.length || !pairs.every(Number.isFinite)) {
    return { ratio: _ratio(spreadOf(samples).median, spreadOf(baseline).median, unit) };
  }
  const { median, low, high } = spreadOf(pairs);
  return { ratio: median, ratioLow: low, ratioHigh: high };
}

/**
 * Ratio of the rates of two samples. Rates are inverse to times. Equal samples give 1, even if both
 * are 0.
 */
function _ratio(sample: number, baseline: number, unit: Unit): number {
  if (sample === baseline) return 1;
  return isAmountUnit(unit) ? sample / baseline : baseline / sample;
}

function _rateOf(
  { median }: Spread,
  { unit, octets }: { readonly unit: Unit; readonly octets: number },
): number {
  switch (unit) {
    case "octets/s":
      return octets / median;
    case "packets/s":
    case "handshakes/s":
    case "rekeys/s":
      return 1 / median;
    case "octets":
    case "share":
    case "t":
      return median;
  }
}
