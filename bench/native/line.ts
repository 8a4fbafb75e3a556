// Parses the output of the Rust program: `cases N`, then for each case `begin NAME`, a line of
// seconds for each crate, and `end NAME`.

import type { Sample, Subject } from "../lib/record.ts";

/** Crates under comparison. */
const CRATES = [
  "ring",
  "aws-lc-rs",
  "rustcrypto",
  "graviola",
  "rind",
] as const satisfies readonly Subject[];

export type Line =
  | { readonly kind: "cases"; readonly count: number }
  | { readonly kind: "begin"; readonly name: string }
  | { readonly kind: "end"; readonly name: string; readonly octets: number }
  | { readonly kind: "samples"; readonly crate: string; readonly samples: readonly Sample[] };

/**
 * Parses a line.
 *
 * @throws {TypeError} If it has none of these forms
 */
export function parseLine(text: string): Line {
  const [first = "", ...rest] = text.split(" ");
  const name = rest.join(" ");
  if (first === "cases") return { kind: "cases", count: Number(name) };
  if (first === "begin") return { kind: "begin", name };
  if (first === "end") return { kind: "end", name, octets: Number(rest.at(-1)) };
  const samples = rest.map((seconds) => ({ value: Number(seconds) }));
  if (first !== "" && samples.length > 0 && samples.every(({ value }) => value > 0)) {
    return { kind: "samples", crate: first, samples };
  }
  throw new TypeError(`Cannot read what the program said: ${text}`);
}

/** Whether a crate is one of the subjects that records know. */
export function isCrate(name: string): name is typeof CRATES[number] {
  return CRATES.some((crate) => crate === name);
}
