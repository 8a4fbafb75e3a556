// One result of a bench: one case of one subject, as a line of JSON that scripts keep.

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
 * What `rate` counts, and with it what a sample is: seconds for one operation (`octets/s`,
 * `packets/s`), or an amount that is its own rate (`octets`: memory; `share`: of one processor;
 * `t`: Welch's, without its sign).
 */
export type Unit = "octets/s" | "packets/s" | "octets" | "share" | "t";

/** One measurement. */
export interface Sample {
  /**
   * Seconds for one operation (kernel) or packet (path, wire); the amount where the unit is one.
   */
  readonly value: number;
  /** Seconds of processor, user and system, that the subject's own process used for one packet. */
  readonly cpu?: number;
}

/** Middle and spread of samples, in the unit of the samples. */
export interface Spread {
  readonly median: number;
  /** 10th percentile. */
  readonly low: number;
  /** 90th percentile. */
  readonly high: number;
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
   * Our rate over the baseline's: above 1 is faster, of memory larger. It is the median over the
   * rounds of a run, in each of which both have a sample. Where one was measured more often than
   * the other, it is the ratio of their medians.
   */
  readonly ratio: number;
  /**
   * 10th and 90th percentile over the rounds. Ratios of medians have none, nor have records of
   * before they were kept.
   */
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
