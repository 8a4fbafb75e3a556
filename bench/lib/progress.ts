// Shows on standard error how far a bench is: on a terminal in one line that is overwritten,
// elsewhere in one line for each case.

import process from "node:process";

/** Receives the progress of a run. */
export interface Progress {
  /** Announces `cases` more cases. Called before the first of them. */
  expect(cases: number): void;
  /** The next case begins. */
  begin(name: string): void;
  /** Round `round` of `of` of this case begins. */
  round(round: number, of: number): void;
  /** Erases the line on the terminal, before something else is printed there. */
  clear(): void;
}

export interface ProgressOptions {
  readonly isTerminal: boolean;
  /** Width of the terminal in columns. */
  readonly columns: number;
  readonly write: (text: string) => void;
}

/** Opens the progress of a run on standard error. It writes nothing if `isShown` is false. */
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

/** Moves to the first column and erases the line. */
const ERASE = "\r\x1b[K";
const COLUMNS_DEFAULT = 80;
