// Tables for terminals: columns as wide as they must be, lines no longer than the terminal.

/** A column of a table. */
export interface Column {
  readonly title: string;
  /** Numbers stand to the right. */
  readonly isNumber?: true;
}

/**
 * Writes rows under their titles.
 *
 * @param width Longest line in characters; Infinity where nobody reads at a terminal
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: { readonly width: number },
): string {
  const titles = columns.map((column) => column.title);
  const cells = [titles, ...rows].map((row) => row.map(printable));
  const widths = columns.map((_, at) => Math.max(...cells.map((row) => [...row[at] ?? ""].length)));
  const lines = cells.map((row) => {
    const padded = row.map((cell, at) => {
      const width = widths[at] ?? 0;
      return columns[at]?.isNumber ? cell.padStart(width) : cell.padEnd(width);
    });
    return cut(padded.join("  ").trimEnd(), options.width);
  });
  return `${lines.join("\n")}\n`;
}

/** What comes from a gateway is printed, never obeyed: a name could hold a terminal's control sequences. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, "\ufffd");
}

function cut(line: string, width: number): string {
  const characters = [...line];
  return characters.length <= width ? line : `${characters.slice(0, width - 1).join("")}…`;
}
