// Measured numbers as people read them: three digits, a unit. For tables in a terminal, and for the
// page of results, whose script is bundled out of modules like this one.

import type { BenchRecord } from "./record.ts";

/**
 * Three digits.
 *
 * The live dashboard has its own (gateway/dashboard/format.js): it makes 10.0 of 9.995, this 9.99.
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

const SUFFIXES = { "octets/s": "B/s", "packets/s": "pkt/s", octets: "B" } as const;
