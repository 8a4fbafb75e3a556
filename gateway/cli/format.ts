// Values as people read them in a terminal: short, without blanks. The dashboard has words and
// blanks of its own, in gateway/dashboard/format.js. No module can be both a page's file and an
// import: the single binary embeds the page's files as files, and Bun takes a file as one or as the
// other.

const UNITS: readonly (readonly [string, number])[] = [["d", 86_400], ["h", 3600], ["m", 60]];

/** `75` seconds as `1m15s`: the two largest units. */
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

/** A bound of some microseconds to some seconds: `250µs`, `2.5ms`. */
export function shortTimeText(seconds: number): string {
  const micros = Math.round(seconds * 1e6);
  if (micros < 1000) return `${micros}µs`;
  return micros < 1e6 ? `${micros / 1000}ms` : `${micros / 1e6}s`;
}

const SCALES: readonly (readonly [string, number])[] = [["G", 1e9], ["M", 1e6], ["k", 1e3]];

/** `1234567` as `1.23M`: three digits that count. */
export function rateText(value: number): string {
  const [unit, scale] = SCALES.find(([, least]) => value >= least) ?? ["", 1];
  const scaled = value / scale;
  const digits = unit === "" || scaled >= 100 ? 0 : scaled >= 10 ? 1 : 2;
  return `${scaled.toFixed(digits)}${unit}`;
}

/** Breaks a list at its commas into lines of at most `width`; a longer word stands alone. */
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
