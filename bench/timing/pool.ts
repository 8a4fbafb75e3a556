// Values of both classes, drawn beforehand. They lie in one pool, where members of both take turns, so that neither class has caches of
// its own.

/** Members of a class in the pool; a power of two. */
export const POOL = 16;

/** Class 0 at even places: one value again and again; class 1 at odd places: values of their own. */
export function drawMembers(make: () => Uint8Array): Uint8Array[] {
  const fixed = make();
  return Array.from({ length: 2 * POOL }, (_, place) => place % 2 === 0 ? fixed : make());
}

/** Copies of values of one length, next to each other. */
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
