// A small generator of pseudo-random numbers (xorshift32), so that a seed repeats a test.

/** The numbers of one seed. */
export interface Random {
  /** A number from 0 to `n - 1`. */
  below(n: number): number;
  /** One of the items, undefined if there is none. */
  pick<T>(items: readonly T[]): T | undefined;
  octets(len: number): Uint8Array<ArrayBuffer>;
}

/** Starts a generator. */
export function createRandom(seed: number): Random {
  let state = seed | 1;

  function below(n: number): number {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  }

  return {
    below,
    pick: (items) => items[below(Math.max(items.length, 1))],
    octets: (len) => Uint8Array.from({ length: len }, () => below(1 << 19) >> 11),
  };
}
