// One result of a bench: one case of one subject. Scripts keep it as a line of JSON.

export type Suite = "kernels" | "path" | "wire" | "ike";

/** The subjects: our own, and those measured beside them in the same run. */
export type Subject =
  | "culvert"
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
 * The unit of `rate`, which also decides what a sample is. For rates a sample is the seconds of
 * one operation. For the others it is an amount that is its own rate: `octets` of
 * memory, `share` of one processor, `t` for the absolute value of Welch's t.
 */
export type Unit =
  | "octets/s"
  | "packets/s"
  | "handshakes/s"
  | "rekeys/s"
  | "octets"
  | "share"
  | "t";

/** Whether a sample of this unit is an amount, which is its own rate, and not a time. */
export function isAmountUnit(unit: Unit): boolean {
  return unit === "octets" || unit === "share" || unit === "t";
}

/** One measurement. */
export interface Sample {
  /**
   * Seconds for one operation (kernels), packet (path, wire) or handshake (ike), or the amount if
   * the unit is one.
   */
  readonly value: number;
  /**
   * Seconds of processor time, user and system, that the subject's own process used for a packet
   * or a handshake.
   */
  readonly cpu?: number;
}

/** Median and spread of samples, in the unit of the samples. */
export interface Spread {
  readonly median: number;
  /** 10th percentile. */
  readonly low: number;
  /** 90th percentile. */
  readonly high: number;
}

/** A line of results. Scripts read it, so its names are fixed. */
export interface BenchRecord extends Spread {
  readonly suite: Suite;
  /** The same across runs and subjects: `seal aes-128-gcm 1400`, `tunnel up 1400 1`. */
  readonly case: string;
  readonly subject: Subject;
  /** The subject's own version: `OpenSSL 3.0.19`. Absent if the subject does not report one. */
  readonly version?: string;
  /** `deno 2.9.6`. */
  readonly runtime: string;
  /** Octets that one operation works on. */
  readonly octets: number;
  readonly rate: number;
  readonly unit: Unit;
  readonly runs: number;
  /** The subject that `ratio` compares this one with. */
  readonly baseline: Subject;
  /**
   * Our rate over the baseline's: above 1 means faster or, for memory, larger. It is the median
   * over the rounds in which both have a sample. If one was measured more often than the other, it
   * is the ratio of their medians.
   */
  readonly ratio: number;
  /**
   * 10th and 90th percentile over the rounds. Absent for ratios of medians and in records that are
   * older than these members.
   */
  readonly ratioLow?: number;
  readonly ratioHigh?: number;
  readonly cpuPerPacket?: number;
  readonly commit: string;
  /** RFC 3339. */
  readonly at: string;
  readonly machine: string;
  /** `Linux 6.1.0`. Absent in older records, as is the command. */
  readonly kernel?: string;
  /** The command that made the record: `deno run -A bench/path/main.ts --runs 3`. */
  readonly command?: string;
}

/** Where and on what a run took place. All records of a run have the same setting. */
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

/** One case, with the samples of all its subjects. */
export interface CaseResult {
  readonly case: string;
  readonly octets: number;
  readonly unit: Unit;
  /** One of the subjects in `samples`. */
  readonly baseline: Subject;
  readonly samples: ReadonlyMap<Subject, readonly Sample[]>;
}
