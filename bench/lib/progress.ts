// How far a bench is, on standard error: one line that is written again on a terminal, else a line a case.

import process from "node:process";

/** What is told of a run while it goes. */
export interface Progress {
  /** So many more cases will begin; called before the first. */
  expect(cases: number): void;
  /** The next case begins. */
  begin(name: string): void;
  /** Round `round` of `of` of this case begins. */
  round(round: number, of: number): void;
  /** Takes the line off the terminal, where something else is printed next. */
  clear(): void;
}

export interface ProgressOptions {
  readonly isTerminal: boolean;
  /** Columns of the terminal. */
  readonly columns: number;
  readonly write: (text: string) => void;
}

/** Opens the progress of a run on standard error; silent if `isShown` is false. */
export function openProgressOf(isShown: boolean): Progress {
  const { stderr } = process;
  return openProgress({
    isTerminal: stderr.isTTY === true,
    columns: stderr.columns ?? COLUMNS_DEFAULT,
    write: isShown ? (text): void => void stderr.write(text) : (): void => undefined,
  });
}

/** Opens the progress of a run. */
export function openProgress({ isTerminal, columns, write }: ProgressOptions): Progress {
  let [begun, cases] = [0, 0];
  let now = "";
  let isOnScreen = false;

  function show(text: string): void {
    write(`${ERASE}${text.slice(0, columns - 1)}`);
    isOnScreen = true;
  }

  function clear(): void {
    if (isOnScreen) write(ERASE);
    isOnScreen = false;
  }

  return {
    expect: (more) => void (cases += more),
    begin(name): void {
      begun += 1;
      now = `${begun} of ${Math.max(begun, cases)}: ${name}`;
      if (isTerminal) show(now);
      else write(`${now}\n`);
    },
    round(round, of): void {
      if (isTerminal) show(`${now}, round ${round} of ${of}`);
    },
    clear,
  };
}

/** To the first column, and what stands behind it away. */
const ERASE = "\r\x1b[K";
const COLUMNS_DEFAULT = 80;
