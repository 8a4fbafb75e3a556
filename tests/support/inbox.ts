// Octets that came, in order, for the next caller that asks.

import type { Buffer } from "node:buffer";
import { within } from "./wait.ts";

export interface Inbox {
  put(octets: Buffer): void;
  take(timeoutMs: number): Promise<Buffer>;
  size(): number;
  /**
   * Nothing more will come: callers that wait, and those that ask once it is empty, get this error.
   */
  fail(error: Error): void;
}

interface Waiter {
  readonly resolve: (octets: Buffer) => void;
  readonly reject: (error: Error) => void;
}

export function createInbox(): Inbox {
  const items: Buffer[] = [];
  const waiters: Waiter[] = [];
  let failure: Error | undefined;

  function put(octets: Buffer): void {
    const waiter = waiters.shift();
    if (waiter === undefined) items.push(octets);
    else waiter.resolve(octets);
  }

  async function take(timeoutMs: number): Promise<Buffer> {
    const item = items.shift();
    if (item !== undefined) return item;
    if (failure !== undefined) throw failure;
    let mine: Waiter | undefined;
    try {
      return await within<Buffer>(timeoutMs, "octets", (resolve, reject) => {
        mine = { resolve, reject };
        waiters.push(mine);
      });
    } finally {
      const at = mine === undefined ? -1 : waiters.indexOf(mine);
      if (at >= 0) waiters.splice(at, 1);
    }
  }

  function fail(error: Error): void {
    failure = error;
    for (const waiter of waiters.splice(0)) waiter.reject(error);
  }

  return { put, take, size: () => items.length, fail };
}
