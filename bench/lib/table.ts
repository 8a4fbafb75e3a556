// Records as a table for people: one line each, units chosen to be read.

import { type Column, renderTable } from "../../gateway/cli/table.ts";
import { digits, rateText, secondsText } from "./numbers.ts";
import type { BenchRecord } from "./record.ts";

/** Writes records under their titles; each column as wide as it must be. */
export function renderRecords(records: readonly BenchRecord[]): string {
  return renderTable(COLUMNS, records.map(_cells), { width: Infinity });
}

function _cells(record: BenchRecord): string[] {
  const { unit, cpuPerPacket } = record;
  const value = (sample: number): string =>
    AMOUNTS.includes(unit) ? rateText(sample, unit) : timeText(sample);
  return [
    record.case,
    record.subject,
    rateText(record.rate, unit),
    value(record.median),
    value(record.low),
    value(record.high),
    cpuPerPacket === undefined ? "" : timeText(cpuPerPacket),
    String(record.runs),
    record.subject === record.baseline ? "" : `${digits(record.ratio)} x ${record.baseline}`,
  ];
}

/** A terminal need not have the letter µ. */
function timeText(seconds: number): string {
  return secondsText(seconds).replace("µ", "u");
}

/** Units whose samples are amounts and no times. */
const AMOUNTS: readonly BenchRecord["unit"][] = ["octets", "share", "t"];

const COLUMNS: readonly Column[] = [
  { title: "CASE" },
  { title: "SUBJECT" },
  ...["RATE", "EACH", "P10", "P90", "CPU", "RUNS", "RATIO"]
    .map((title) => ({ title, isNumber: true } as const)),
];
