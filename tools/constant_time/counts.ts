// Parses the instruction counts that callgrind writes, and compares counts.

/** Instructions by operation. */
export type Counts = Readonly<Record<string, number>>;

/** Allowed difference, as a fraction of the recorded count. */
const TOLERANCE = 0.01;

/**
 * The operation and its count from one of callgrind's files; `undefined` if the file is not about
 * an operation.
 */
export function parseCount(text: string): { name: string; instructions: number } | undefined {
  const name = /^desc: Trigger: Client Request: (.+)$/m.exec(text)?.[1];
  const total = /^totals: (\d+)/m.exec(text)?.[1];
  return name === undefined || total === undefined
    ? undefined
    : { name, instructions: Number(total) };
}

/** One line for each operation that is new, is missing, or differs by more than the tolerance. */
export function differences(recorded: Counts, counted: Counts): string[] {
  const names = new Set([...Object.keys(recorded), ...Object.keys(counted)]);
  return [...names].flatMap((name) => {
    const [before, after] = [recorded[name], counted[name]];
    if (before === undefined) return [`${name}: ${after} instructions, not recorded`];
    if (after === undefined) return [`${name}: recorded, but not counted`];
    const change = after / before - 1;
    if (Math.abs(change) <= TOLERANCE) return [];
    return [`${name}: ${after} instructions, recorded ${before} (${(100 * change).toFixed(1)} %)`];
  });
}
