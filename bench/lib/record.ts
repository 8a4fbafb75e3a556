// One result of a bench: one case of one subject, as a line of JSON that scripts keep.

import { type Spread, spreadOf } from "./stats.ts";

export type Suite = "kernels" | "path" | "wire";

/** Who was measured: ours, and whoever stands beside it in the same run. */
export type Subject =
  | "culvert-wasm"
  | "culvert-wasm-strict"
  | "culvert-native"
  | "node-crypto"
  | "webcrypto"
  | "noble"
  | "rustcrypto-wasm"
  | "rustcrypto-wasm-scalar"
  | "openssl"
  | "go"
  | "ring"
  | "aws-lc-rs"
  | "rustcrypto"
  | "graviola"
  | "rind"
  | "plain-tcp"
  | "veepin"
  | "udp-over-tcp"
  | "libipsec"
  | "espintcp";

/**
 * What `rate` counts, and with it what a sample is: seconds for one operation (`octets/s`, `packets/s`), or an amount that is its own rate
 * (`octets`: memory; `share`: of one processor; `t`: Welch's, without its sign).
 */
export type Unit = "octets/s" | "packets/s" | "octets" | "share" | "t";

/** One measurement. */
export interface Sample {
  /** Seconds for one operation (kernel) or packet (path, wire); the amount where the unit is one. */
  readonly value: number;
  /** Seconds of processor, user and system, that the subject's own process used for one packet. */
  readonly cpu?: number;
}

/** A line of results; names are fixed, scripts read them. */
export interface BenchRecord extends Spread {
  readonly suite: Suite;
  /** Stable across runs and subjects: `seal aes-128-gcm 1400`, `tunnel up 1400 1`. */
  readonly case: string;
  readonly subject: Subject;
  /** The subject's own: `OpenSSL 3.0.19`; left out if it does not say. */
  readonly version?: string;
  /** `deno 2.9.6`. */
  readonly runtime: string;
  /** Length of what one operation works on. */
  readonly octets: number;
  readonly rate: number;
  readonly unit: Unit;
  readonly runs: number;
  /** The subject that `ratio` compares with. */
  readonly baseline: Subject;
  /**
   * Our rate over the baseline's: above 1 is faster (of memory: larger). The median over the rounds of a run, in each of which both have a
   * sample; of medians, where one was measured more often than the other.
   */
  readonly ratio: number;
  /** 10th and 90th percentile over the rounds. Ratios of medians have none, as those of records of before they were kept. */
  readonly ratioLow?: number;
  readonly ratioHigh?: number;
  readonly cpuPerPacket?: number;
  readonly commit: string;
  /** RFC 3339. */
  readonly at: string;
  readonly machine: string;
  /** `Linux 6.1.0`. Records of before it was kept have none, nor a command. */
  readonly kernel?: string;
  /** What was typed to get it: `deno run -A bench/path/main.ts --runs 3`. */
  readonly command?: string;
}

/** Where and on what a run took place: the same in all its records. */
export interface Setting {
  readonly suite: Suite;
  readonly runtime: string;
  readonly commit: string;
  readonly at: string;
  readonly machine: string;
  readonly kernel: string;
  readonly command: string;
  readonly versionOf: (subject: Subject) => string | undefined;
}

/** A case with the samples of all its subjects. */
export interface CaseResult {
  readonly case: string;
  readonly octets: number;
  readonly unit: Unit;
  /** One of the subjects. */
  readonly baseline: Subject;
  readonly samples: ReadonlyMap<Subject, readonly Sample[]>;
}

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
 * Round by round, where there are pairs: a machine that is slower for a while is so for neighbours in a round, but moves the median of
 * one subject more than another's. A time that the clock rounded to nothing makes no pair.
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

/** Of rates, which are times the other way round; 1 for what equals its baseline, nothing included. */
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
