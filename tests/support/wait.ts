// Waiting with an end: every wait of a test has a time after which it fails and says what it waited for.

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

/** Asks again until `isDone` likes the answer; the last answer either way, so that the caller's assertion can show it. */
export async function settle<T>(
  ask: () => Promise<T> | T,
  isDone: (answer: T) => boolean,
  timeoutMs = 3000,
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
