// Records as a table for people: one line each, units chosen to be read.

import type { BenchRecord } from "./record.ts";

/** Writes records under their titles; each column as wide as it must be. */
export function renderRecords(records: readonly BenchRecord[]): string {
  const rows = [TITLES, ...records.map(_cells)];
  const widths = TITLES.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const lines = rows.map((row) =>
    row.map((cell, at) => {
      const width = widths[at] ?? 0;
      return at < TEXT_COLUMNS ? cell.padEnd(width) : cell.padStart(width);
    }).join("  ").trimEnd()
  );
  return `${lines.join("\n")}\n`;
}

/** Seconds, in the unit that leaves one to three digits before the point. */
export function formatSeconds(seconds: number): string {
  if (seconds >= 1) return `${_digits(seconds)} s`;
  if (seconds >= 1e-3) return `${_digits(seconds * 1e3)} ms`;
  return seconds >= 1e-6 ? `${_digits(seconds * 1e6)} us` : `${_digits(seconds * 1e9)} ns`;
}

/** A rate or an amount with its unit. */
export function formatRate(rate: number, unit: BenchRecord["unit"]): string {
  if (unit === "t") return _digits(rate);
  if (unit === "share") return `${_digits(100 * rate)} %`;
  const suffix = unit === "octets/s" ? "B/s" : unit === "packets/s" ? "pkt/s" : "B";
  if (rate >= 1e9) return `${_digits(rate / 1e9)} G${suffix}`;
  if (rate >= 1e6) return `${_digits(rate / 1e6)} M${suffix}`;
  return rate >= 1e3 ? `${_digits(rate / 1e3)} k${suffix}` : `${_digits(rate)} ${suffix}`;
}

function _cells(record: BenchRecord): string[] {
  const { unit, cpuPerPacket } = record;
  const value = (sample: number): string =>
    AMOUNTS.includes(unit) ? formatRate(sample, unit) : formatSeconds(sample);
  return [
    record.case,
    record.subject,
    formatRate(record.rate, unit),
    value(record.median),
    value(record.low),
    value(record.high),
    cpuPerPacket === undefined ? "" : formatSeconds(cpuPerPacket),
    String(record.runs),
    record.subject === record.baseline ? "" : `${_digits(record.ratio)} x ${record.baseline}`,
  ];
}

/** Three significant digits. */
function _digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** Of the columns, the first two are text and stand to the left. */
const TEXT_COLUMNS = 2;

/** Units whose samples are amounts and no times. */
const AMOUNTS: readonly BenchRecord["unit"][] = ["octets", "share", "t"];

const TITLES = ["CASE", "SUBJECT", "RATE", "EACH", "P10", "P90", "CPU", "RUNS", "RATIO"];
