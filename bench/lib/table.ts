// Records as a table for people: one line for each record, in readable units.

import { type Column, renderTable } from "../../gateway/cli/table.ts";
import { digits, rateText, secondsText } from "./numbers.ts";
import { type BenchRecord, isAmountUnit } from "./record.ts";

/** Writes records under column titles. Each column is as wide as its longest cell. */
export function renderRecords(records: readonly BenchRecord[]): string {
  return renderTable(COLUMNS, records.map(_cells), { width: Infinity });
}

function _cells(record: BenchRecord): string[] {
  const { unit, cpuPerPacket } = record;
  const value = (sample: number): string =>
    isAmountUnit(unit) ? rateText(sample, unit) : timeText(sample);
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

/** Writes "us" for microseconds, because a terminal may lack the letter µ. */
function timeText(seconds: number): string {
  return secondsText(seconds).replace("µ", "u");
}

const COLUMNS: readonly Column[] = [
  { title: "CASE" },
  { title: "SUBJECT" },
  ...["RATE", "EACH", "P10", "P90", "CPU", "RUNS", "RATIO"]
    .map((title) => ({ title, isNumber: true } as const)),
];
