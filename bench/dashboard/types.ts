// Types that the server and the page's script share.

import type { BenchRecord } from "../lib/record.ts";

/** A file of records, under the name that the page gives it. */
export interface ResultFile {
  /** Relative to the page: `kernels-deno.jsonl`. */
  readonly name: string;
  /** In the order of their lines. */
  readonly records: readonly BenchRecord[];
}

/** `instructions.json`: the counts that `deno task bench:instructions` writes. */
export interface Instructions {
  readonly rustc: string;
  readonly target: string;
  /** By operation: `kernels aes-128-gcm open 1400`. */
  readonly counts: Readonly<Record<string, number>>;
}

/** A run that the page can start. */
export interface Program {
  readonly id: string;
  readonly title: string;
  /** The command as a person would type it. */
  readonly command: string;
  readonly file: string;
  /** Without the flags for output and progress, which the runner adds. */
  readonly args: readonly string[];
  /** Name of the file for its records. */
  readonly out: string;
}

/** The data inside the page, for its script. */
export interface PageData {
  readonly files: readonly ResultFile[];
  readonly instructions: Instructions | null;
  /** Runs that the server can start; empty on a page without a server. */
  readonly programs: readonly Pick<Program, "id" | "title" | "command">[];
}

/** State of the runner, as the page receives it. */
export interface RunState {
  readonly state: "idle" | "running" | "done" | "failed" | "stopped";
  readonly program: string | null;
  /** The case that is running, or ran last. */
  readonly latest: string | null;
  readonly casesDone: number;
  /** null until the program has reported it. */
  readonly cases: number | null;
  readonly records: number;
  readonly startedAt: string | null;
  /** The last lines of output that are neither records nor progress. */
  readonly complaints: readonly string[];
}
