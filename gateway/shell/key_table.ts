// Keys that were used: digests with a number and flags each, in flat arrays, as they stay for the life of the process. An open-addressing
// table with linear probing: nothing is ever taken out, but for a key that has just been added.

/** Keys that a table may hold: with 2^23 slots of 25 octets that is 210 MB, 7/8 of them taken. It begins small. */
export const KEYS_MAX: number = 7 * 2 ** 20;

/** Words of a digest. */
export const DIGEST_WORDS = 4;

const FIRST_SLOTS = 1024;

/** Of this many parts of the slots, one stays empty: searches end there. */
const PARTS = 8;

/** Numbers and flags by digest; a slot is good until the next `add`. */
export interface KeyTable {
  /** The slot of a digest, or -1. */
  find(digest: Uint32Array): number;
  /**
   * A slot for a digest that is not there, with number 0 and no flags.
   *
   * @throws {RangeError} If the table is full, or there is no memory
   */
  add(digest: Uint32Array): number;
  /** Takes out the digest that was added last. */
  takeBack(digest: Uint32Array): void;
  isFull(): boolean;
  flags(slot: number): number;
  setFlags(slot: number, flags: number): void;
  number(slot: number): bigint;
  setNumber(slot: number, number: bigint): void;
  /** What the arrays take. */
  octets(): number;
}

interface Slots {
  readonly mask: number;
  readonly digests: Uint32Array;
  readonly numbers: BigUint64Array;
  /** The flags, and TAKEN. */
  readonly states: Uint8Array;
}

const TAKEN = 0x80;

/** @param max Keys that it may hold */
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
    // No later key was led past this slot: no search for another ends too early.
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
