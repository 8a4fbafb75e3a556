// A table of digests of keys, each with a number and flags. Digests stay for the life of the
// process, so they lie in flat arrays. The table has open addressing with linear probing. Only the
// digest that was added last can be taken out again.

/**
 * Keys that a table may hold. They fill 7/8 of 2^23 slots, and at 25 octets a slot the table then
 * takes 210 MB. It begins small.
 */
export const KEYS_MAX: number = 7 * 2 ** 20;

/** Length of a digest in 32-bit words. */
export const DIGEST_WORDS = 4;

const FIRST_SLOTS = 1024;

/** One part in this many of the slots stays empty, so that searches end. */
const PARTS = 8;

/** Numbers and flags by digest. The number of a slot is valid until the next `add`. */
export interface KeyTable {
  /** The slot of a digest, or -1 if it is not there. */
  find(digest: Uint32Array): number;
  /**
   * Adds a digest that is not there, with number 0 and no flags; returns its slot.
   *
   * @throws {RangeError} If the table is full, or there is no memory
   */
  add(digest: Uint32Array): number;
  /** Takes out the digest that was added last. */
  takeBack(digest: Uint32Array): void;
  /** Whether `add` would throw because of `max`. */
  isFull(): boolean;
  flags(slot: number): number;
  setFlags(slot: number, flags: number): void;
  number(slot: number): bigint;
  setNumber(slot: number, number: bigint): void;
  /** Size of the arrays, octets. */
  octets(): number;
}

interface Slots {
  readonly mask: number;
  readonly digests: Uint32Array;
  readonly numbers: BigUint64Array;
  /** Flags of each slot, with TAKEN if it holds a digest. */
  readonly states: Uint8Array;
}

const TAKEN = 0x80;

/**
 * Makes an empty table.
 *
 * @param max Keys that it may hold
 */
export function createKeyTable(max: number): KeyTable {
  let slots = makeSlots(FIRST_SLOTS);
  let count = 0;

  function add(digest: Uint32Array): number {
    if (count >= max) throw new RangeError(`The table holds ${max} keys`);
    const len = slots.mask + 1;
    if (count >= len - len / PARTS) slots = grown(slots);
    const slot = search(slots, digest);
    slots.digests.set(digest, slot * DIGEST_WORDS);
    slots.states[slot] = TAKEN;
    count++;
    return slot;
  }

  function find(digest: Uint32Array): number {
    const slot = search(slots, digest);
    return isTaken(slots, slot) ? slot : -1;
  }

  function takeBack(digest: Uint32Array): void {
    const slot = find(digest);
    if (slot < 0) return;
    // No key was added since, so none lies behind this slot: no search ends too early.
    slots.states[slot] = 0;
    slots.numbers[slot] = 0n;
    count--;
  }

  return {
    find,
    add,
    takeBack,
    isFull: () => count >= max,
    flags: (slot) => (slots.states[slot] ?? 0) & ~TAKEN,
    setFlags: (slot, flags) => void (slots.states[slot] = flags | TAKEN),
    number: (slot) => slots.numbers[slot] ?? 0n,
    setNumber: (slot, number) => void (slots.numbers[slot] = number),
    octets: () => slots.digests.byteLength + slots.numbers.byteLength + slots.states.byteLength,
  };
}

function makeSlots(len: number): Slots {
  return {
    mask: len - 1,
    digests: new Uint32Array(len * DIGEST_WORDS),
    numbers: new BigUint64Array(len),
    states: new Uint8Array(len),
  };
}

/** Twice as many slots, with all that was in `from`. */
function grown(from: Slots): Slots {
  const to = makeSlots(2 * (from.mask + 1));
  from.states.forEach((state, slot) => {
    if (state === 0) return;
    const digest = digestAt(from, slot);
    const place = search(to, digest);
    to.digests.set(digest, place * DIGEST_WORDS);
    to.numbers[place] = from.numbers[slot] ?? 0n;
    to.states[place] = state;
  });
  return to;
}

/** The slot of a digest, or the empty one where it would go. */
function search(slots: Slots, digest: Uint32Array): number {
  let slot = (digest[0] ?? 0) & slots.mask;
  while (isTaken(slots, slot) && !holds(slots, slot, digest)) slot = (slot + 1) & slots.mask;
  return slot;
}

function isTaken({ states }: Slots, slot: number): boolean {
  return states[slot] !== 0;
}

function holds({ digests }: Slots, slot: number, digest: Uint32Array): boolean {
  const at = slot * DIGEST_WORDS;
  for (let word = 0; word < DIGEST_WORDS; word++) {
    if (digests[at + word] !== digest[word]) return false;
  }
  return true;
}

function digestAt({ digests }: Slots, slot: number): Uint32Array {
  return digests.subarray(slot * DIGEST_WORDS, (slot + 1) * DIGEST_WORDS);
}
