// A test against a running gateway, and its set-up. Runners give a test different times by default,
// and Bun gives every hook 5 s whatever it asks for, so the first test pays for the set-up.

import { before, test } from "node:test";

const TIMEOUT_MS = 60_000;

let prepared: Promise<void> = Promise.resolve();

/** Registers set-up for the tests of a `describe`, in order. */
export function prepare(start: () => Promise<void>): void {
  before(() => {
    prepared = prepared.then(start);
    // The first test that awaits it fails with its reason.
    prepared.catch(() => undefined);
  });
}

/** Registers a test. Its name begins with the numbers of the rules and says the behaviour. */
export function scenario(
  name: string,
  run: () => Promise<void> | void,
  timeout: number = TIMEOUT_MS,
): void {
  test(name, { timeout }, async () => {
    await prepared;
    await run();
  });
}
