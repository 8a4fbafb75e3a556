// Tables for terminals. Columns are as wide as they must be, and lines no longer than the terminal.
// When the terminal is too narrow, the least important columns are left out before anything is cut.
// We wrote this because cli-table3, columnify and text-table cannot leave out a column.

import stringWidth from "string-width";

/** A column of a table. */
export interface Column {
  readonly title: string;
  /** Numbers are right-aligned. */
  readonly isNumber?: true;
  /**
   * When there is no room, columns are left out from the highest rank down. Without a rank, a
   * column always stays.
   */
  readonly rank?: number;
}

/** How to write a table. */
export interface TableOptions {
  /** The longest line, in terminal columns. Infinity if the output is not a terminal. */
  readonly width: number;
}

/** Writes rows under their titles. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: TableOptions,
): string {
  const titles = columns.map((column) => column.title);
  return `${tableLines(columns, [titles, ...rows], options).join("\n")}\n`;
}

/** The lines of the rows, without titles. */
export function tableLines(
  columns: readonly Omit<Column, "title">[],
  rows: readonly (readonly string[])[],
  options: TableOptions,
): readonly string[] {
  const cells = rows.map((row) => row.map(printable));
  const widths = columns.map((_, at) =>
    cells.reduce((widest, row) => Math.max(widest, stringWidth(row[at] ?? "")), 0)
  );
  const shown = fit(columns, widths, options.width);
  return cells.map((row) => {
    const padded = shown.map((at) => {
      const [cell = "", width = 0] = [row[at], widths[at]];
      const room = " ".repeat(width - stringWidth(cell));
      return columns[at]?.isNumber ? `${room}${cell}` : `${cell}${room}`;
    });
    return cut(padded.join(GAP).trimEnd(), options.width);
  });
}

const GAP = "  ";

/** Indices of the columns that fit. */
function fit(
  columns: readonly Omit<Column, "title">[],
  widths: readonly number[],
  width: number,
): readonly number[] {
  let shown = columns.map((_, at) => at);
  const rankOf = (at: number): number => columns[at]?.rank ?? 0;
  const lineLen = (): number =>
    shown.reduce((len, at) => len + (widths[at] ?? 0) + GAP.length, -GAP.length);
  while (lineLen() > width) {
    const least = shown.reduce((a, b) => rankOf(b) >= rankOf(a) ? b : a);
    if (rankOf(least) === 0) break;
    shown = shown.filter((at) => at !== least);
  }
  return shown;
}

/**
 * Replaces control characters. A name from a gateway may hold a terminal's control sequences, which
 * must be printed and not obeyed.
 */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, "\ufffd");
}

function cut(line: string, width: number): string {
  if (stringWidth(line) <= width) return line;
  let shown = "";
  let left = width - 1;
  for (const { segment } of GRAPHEMES.segment(line)) {
    left -= stringWidth(segment);
    if (left < 0) break;
    shown += segment;
  }
  return `${shown}…`;
}

/** Splits text into what takes terminal columns together: a letter with its marks. */
const GRAPHEMES = new Intl.Segmenter();
