// Half-open IKE SAs: the values of one before its second message, and how many there are.

import type { KeyPair } from "../keys/key_exchange.ts";
import type { IkeSuite } from "../suites/suite.ts";

/** What is kept of an answered IKE_SA_INIT. */
export interface Embryo {
  /** Under which `begun` has it. */
  readonly digest: string;
  /** The request, and the answer behind it. */
  readonly octets: Uint8Array;
  readonly requestLen: number;
  readonly suite: IkeSuite;
  /** Makes the shared secret. */
  readonly agree: KeyPair["agree"];
  readonly hasIntermediate: boolean;
  readonly hasPpk: boolean;
  readonly hasFragments: boolean;
  /** Monotonic ms. */
  readonly begunAt: number;
  /** Path of the request; null when that connection is gone. */
  path: number | null;
}

/** The half-open IKE SAs, by the digests of the requests that began them. */
export interface HalfOpen {
  /** Counts one, with the connection of its request. */
  begin(digest: string, path: number): void;
  /** Does nothing to one that is not there. */
  end(digest: string): void;
  size(): number;
  /** The oldest one of a connection that has as many as it may have; else undefined. */
  oldestOf(path: number): string | undefined;
}

/** Makes an empty table. */
export function createHalfOpen(): HalfOpen {
  const paths = new Map<string, number>();
  const digests = new Map<number, Set<string>>();

  function begin(digest: string, path: number): void {
    paths.set(digest, path);
    const same = digests.get(path);
    if (same === undefined) digests.set(path, new Set([digest]));
    else same.add(digest);
  }

  function end(digest: string): void {
    const path = paths.get(digest);
    if (path === undefined) return;
    paths.delete(digest);
    const same = digests.get(path);
    same?.delete(digest);
    if (same?.size === 0) digests.delete(path);
  }

  function oldestOf(path: number): string | undefined {
    const same = digests.get(path);
    return same === undefined || same.size < OF_PATH_MAX ? undefined : [...same][0];
  }

  return { begin, end, size: () => paths.size, oldestOf };
}

/** Most half-open IKE SAs of one connection: a client begins one, and may begin anew. */
const OF_PATH_MAX = 4;
