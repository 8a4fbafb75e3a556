// Results of a case as records, and records as the lines of JSON that scripts keep.

import type { BenchRecord, CaseResult, Sample, Setting, Spread, Unit } from "./record.ts";
import { spreadOf } from "./stats.ts";

/**
 * The records of one case, one for each subject in their order.
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

/** A record as its line of JSON, what was measured to four digits: more is noise. */
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
 * Round by round, where there are pairs: a machine that is slower for a while is so for neighbours
 * in a round, but moves the median of one subject more than another's. A time that the clock
 * rounded to nothing makes no pair.
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
 * Of rates, which are times the other way round; 1 for what equals its baseline, nothing included.
 */
function _ratio(sample: number, baseline: number, unit: Unit): number {
  if (sample === baseline) return 1;
  return _isAmount(unit) ? sample / baseline : baseline / sample;
}

function _isAmount(unit: Unit): boolean {
  return unit === "octets" || unit === "share" || unit === "t";
}

function _rateOf(
  { median }: Spread,
  { unit, octets }: { readonly unit: Unit; readonly octets: number },
): number {
  switch (unit) {
    case "octets/s":
      return octets / median;
    case "packets/s":
      return 1 / median;
    case "octets":
    case "share":
    case "t":
      return median;
  }
}
