// What the server and the page's script both speak.

import type { BenchRecord } from "../lib/record.ts";

/** A file of records as the page names it. */
export interface ResultFile {
  /** Relative to the page: `kernels-deno.jsonl`. */
  readonly name: string;
  /** In the order of their lines. */
  readonly records: readonly BenchRecord[];
}

/** `instructions.json`: what `deno task bench:instructions` has counted. */
export interface Instructions {
  readonly rustc: string;
  readonly target: string;
  /** By operation: `kernels aes-128-gcm open 1400`. */
  readonly counts: Readonly<Record<string, number>>;
}

/** A run that can be started. */
export interface Program {
  readonly id: string;
  readonly title: string;
  /** As a person would type it. */
  readonly command: string;
  readonly file: string;
  /** The runner adds where records go, and that progress is told. */
  readonly args: readonly string[];
  /** File that gets its records. */
  readonly out: string;
}

/** What the page's script finds in it. */
export interface PageData {
  readonly files: readonly ResultFile[];
  readonly instructions: Instructions | null;
  /** What its server can run; a page without a server has none. */
  readonly programs: readonly Pick<Program, "id" | "title" | "command">[];
}

/** What the page is told. */
export interface RunState {
  readonly state: "idle" | "running" | "done" | "failed" | "stopped";
  readonly program: string | null;
  /** Case that is measured now, or was last. */
  readonly latest: string | null;
  readonly casesDone: number;
  /** null before the program has said so. */
  readonly cases: number | null;
  readonly records: number;
  readonly startedAt: string | null;
  /** What the program has complained of, its last lines. */
  readonly complaints: readonly string[];
}
