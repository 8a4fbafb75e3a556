// Measured numbers for people: three digits and a unit. Used by tables in a terminal and by the
// page of results, whose script is bundled from modules like this one.

import type { BenchRecord } from "./record.ts";

/**
 * A number with three digits.
 *
 * The live dashboard has its own version (gateway/dashboard/format.js): it writes 9.995 as 10.0,
 * and this one as 9.99.
 */
export function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** Seconds, in the unit that leaves one to three digits before the point. */
export function secondsText(seconds: number): string {
  if (seconds >= 1) return `${digits(seconds)} s`;
  if (seconds >= 1e-3) return `${digits(seconds * 1e3)} ms`;
  return seconds >= 1e-6 ? `${digits(seconds * 1e6)} µs` : `${digits(seconds * 1e9)} ns`;
}

/** A rate or an amount with its unit. */
export function rateText(rate: number, unit: BenchRecord["unit"]): string {
  if (unit === "t") return digits(rate);
  if (unit === "share") return `${digits(100 * rate)} %`;
  const [factor, prefix] = PREFIXES.find(([least]) => rate >= least) ?? [1, ""];
  return `${digits(rate / factor)} ${prefix}${SUFFIXES[unit]}`;
}

const PREFIXES = [[1e9, "G"], [1e6, "M"], [1e3, "k"]] as const;

const SUFFIXES = {
  "octets/s": "B/s",
  "packets/s": "pkt/s",
  "handshakes/s": "hs/s",
  "rekeys/s": "rekeys/s",
  octets: "B",
} as const;
