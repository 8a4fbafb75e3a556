// Reads from a runner's closing lines how many tests it ran.

export interface Outcome {
  readonly passed: number;
  readonly failed: number;
}

/** `test result: ok. 12 passed; 0 failed; ...`, one line for each test binary. */
export function countCargo(output: string): Outcome {
  return {
    passed: _sum(output, /^test result: .* (\d+) passed;/gm),
    failed: _sum(output, /^test result: .* (\d+) failed;/gm),
  };
}

/** `ok | 12 passed (3 steps) | 0 failed (2s)`. */
export function countDeno(output: string): Outcome {
  return {
    passed: _sum(output, /^(?:ok|FAILED) \| (\d+) passed/gm),
    failed: _sum(output, /^(?:ok|FAILED) \|.* (\d+) failed/gm),
  };
}

/** ` 12 pass` and ` 0 fail`, each alone on its line. */
export function countBun(output: string): Outcome {
  return { passed: _sum(output, /^ *(\d+) pass$/gm), failed: _sum(output, /^ *(\d+) fail$/gm) };
}

function _sum(output: string, pattern: RegExp): number {
  return [...output.matchAll(pattern)].reduce((sum, [, digits]) => sum + Number(digits), 0);
}
