// The output of a case while it runs: steps, and figures as lines of one table.

import process from "node:process";

export interface Report {
  /** Runs one named step; a failure ends the case with the step's name. */
  step(name: string, body: () => Promise<string | void>): Promise<void>;
  /** A measured value, for the table. */
  figure(what: string, value: string): void;
}

/** A line of the table that {@link isFigure} finds again in a case's output. */
export function createReport(caseName: string): Report {
  return {
    async step(name, body): Promise<void> {
      const begun = performance.now();
      try {
        const detail = await body();
        const seconds = ((performance.now() - begun) / 1000).toFixed(1);
        say(`  ok   ${name}${typeof detail === "string" ? `: ${detail}` : ""} (${seconds} s)`);
      } catch (error) {
        throw new Error(`Step failed: ${name}`, { cause: error });
      }
    },
    figure: (what, value) => say(`| ${caseName} | ${what} | ${value} |`),
  };
}

export function isFigure(line: string): boolean {
  return line.startsWith("| ");
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
