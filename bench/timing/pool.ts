// Values of both classes, drawn beforehand. They alternate in one pool, so that neither class has
// cache lines of its own.

/** Members of each class in the pool; a power of two. */
export const POOL = 16;

/**
 * Class 0, at even places, repeats one value. Class 1, at odd places, has a different value each
 * time.
 */
export function drawMembers(make: () => Uint8Array): Uint8Array[] {
  const fixed = make();
  return Array.from({ length: 2 * POOL }, (_, place) => place % 2 === 0 ? fixed : make());
}

/** Copies values of one length side by side. */
export function placed(values: readonly Uint8Array[]): Uint8Array[] {
  const len = values[0]?.length ?? 0;
  const pool = new Uint8Array(values.length * len);
  return values.map((value, place) => {
    const member = pool.subarray(place * len, (place + 1) * len);
    member.set(value);
    return member;
  });
}

export function random(len: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(len));
}
