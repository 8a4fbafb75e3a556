// Records as a table for people: one line each, units chosen to be read.

import { type Column, renderTable } from "../../gateway/cli/table.ts";
import type { BenchRecord } from "./record.ts";

/** Writes records under their titles; each column as wide as it must be. */
export function renderRecords(records: readonly BenchRecord[]): string {
  return renderTable(COLUMNS, records.map(_cells), { width: Infinity });
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

/** Units whose samples are amounts and no times. */
const AMOUNTS: readonly BenchRecord["unit"][] = ["octets", "share", "t"];

const COLUMNS: readonly Column[] = [
  { title: "CASE" },
  { title: "SUBJECT" },
  ...["RATE", "EACH", "P10", "P90", "CPU", "RUNS", "RATIO"]
    .map((title) => ({ title, isNumber: true } as const)),
];
