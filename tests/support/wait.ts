// Waits that end: each fails after a time and says what it waited for.

/**
 * How long a test waits for what should come at once, in milliseconds. Only a failure takes this
 * long, so there is time for a busy machine. A limit that is itself the claim stands in its test.
 */
export const WAIT_MS = 10_000;

/**
 * Longest time of an answer beside another peer's flood, in milliseconds: a peer that starves waits
 * until the flood ends, which takes 3 s and more.
 */
export const FAIR_MS = 1000;

/** A promise that fails after `timeoutMs`. */
export function within<T>(
  timeoutMs: number,
  what: string,
  start: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`Waited ${timeoutMs} ms for ${what}`)),
      timeoutMs,
    );
    start(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}

/**
 * Asks again until `isDone` accepts the answer. Returns the last answer in either case, so that the
 * caller's assertion can show it.
 */
export async function settle<T>(
  ask: () => Promise<T> | T,
  isDone: (answer: T) => boolean,
  timeoutMs = WAIT_MS,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (isDone(answer) || performance.now() > end) return answer;
    await sleep(10);
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
