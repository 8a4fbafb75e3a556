// Tables for terminals: columns as wide as they must be, lines no longer than the terminal. Where
// it is too narrow, the columns that matter least are left out before anything is cut. That is why
// this is ours: of cli-table3, columnify and text-table none leaves a column out.

import stringWidth from "string-width";

/** A column of a table. */
export interface Column {
  readonly title: string;
  /** Numbers stand to the right. */
  readonly isNumber?: true;
  /** Left out where there is no room, highest first; without it the column always stands. */
  readonly rank?: number;
}

/** How a table is written. */
export interface TableOptions {
  /** Longest line in places of the terminal; Infinity where nobody reads at one. */
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

/** The lines of rows, without titles. */
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

/** Indices of the columns that there is room for. */
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
 * What comes from a gateway is printed, never obeyed: a name could hold a terminal's control
 * sequences.
 */
function printable(text: string): string {
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

/** What takes its places together: a letter and its marks. */
const GRAPHEMES = new Intl.Segmenter();
