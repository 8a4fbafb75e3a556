// Values as people read them.

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
