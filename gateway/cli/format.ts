// Formats values for people at a terminal: short, without blanks. The dashboard formats its own,
// with words and blanks (gateway/dashboard/format.js). The two cannot share a module: the single
// binary embeds the page's files as files, and Bun embeds a module either as a file or as an
// import.

const UNITS: readonly (readonly [string, number])[] = [["d", 86_400], ["h", 3600], ["m", 60]];

/** Formats seconds by their two largest units: 75 is `1m15s`. */
export function durationText(seconds: number): string {
  let left = Math.max(Math.floor(seconds), 0);
  const parts: string[] = [];
  for (const [unit, len] of UNITS) {
    const count = Math.floor(left / len);
    left -= count * len;
    if (count > 0 || parts.length > 0) parts.push(`${count}${unit}`);
  }
  parts.push(`${left}s`);
  return parts.slice(0, 2).join("");
}

/** Formats a short time, from microseconds to seconds: `250µs`, `2.5ms`. */
export function shortTimeText(seconds: number): string {
  const micros = Math.round(seconds * 1e6);
  if (micros < 1000) return `${micros}µs`;
  return micros < 1e6 ? `${micros / 1000}ms` : `${micros / 1e6}s`;
}

const SCALES: readonly (readonly [string, number])[] = [["G", 1e9], ["M", 1e6], ["k", 1e3]];

/** Formats a number with three significant digits and a unit: 1234567 is `1.23M`. */
export function rateText(value: number): string {
  // Rounded before a scale is chosen: 999,500 is 1.00M and not 1000k.
  const rounded = value < 100 ? Math.round(value) : Number(value.toPrecision(3));
  const [unit, scale] = SCALES.find(([, least]) => rounded >= least) ?? ["", 1];
  const scaled = rounded / scale;
  const digits = unit === "" || scaled >= 100 ? 0 : scaled >= 10 ? 1 : 2;
  return `${scaled.toFixed(digits)}${unit}`;
}

/**
 * Breaks a list at its commas into lines of at most `width` characters. A longer item gets a line
 * of its own.
 */
export function wrapWords(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/(?<=,) /)) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length > width && line !== "") {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}
