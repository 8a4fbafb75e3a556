/**
 * Derives the sixteen-octet tables of the vector-permute AES kernel, and checks them on every
 * octet.
 *
 * With (high, low) = (i, k) and j = i + k, the nested inversions
 *
 *     io = 1 / (1/i + a/k) + j        jo = 1 / (1/j + a/k) + i
 *
 * are N / (k + a i) and N / ((1 + a) k + a i), where N is the norm. The inverse is the conjugate
 * over the norm. So u = 1/io is the inverse's coordinate at 1, and w = 1/jo is (1 + a) u + a^2 v,
 * where v is its coordinate at theta. The S-box is therefore a sum of one look-up by io and one by
 * jo. `INFINITY` stands for 1/0: its bit 7 survives additions, and a look-up by it gives 0, which
 * is 1/infinity. The exhaustive check shows that the chain is right at these poles too.
 */

import { affineLinear, invert, multiply } from "./field.ts";
import type { Tower } from "./field.ts";

const INFINITY = 0x80;

/** Names of the tables. The kernel's struct has them in snake_case. */
export const TABLE_NAMES = [
  "inverse",
  "aOver",
  "enterLow",
  "enterHigh",
  "onceU",
  "onceT",
  "twiceU",
  "twiceT",
  "lastU",
  "lastT",
] as const;

/** Sixteen octets for each name. */
export type Tables = Readonly<Record<typeof TABLE_NAMES[number], readonly number[]>>;

/** All tables of the kernel for one tower. */
export function deriveTables(tower: Tower): Tables {
  const element = (nibble: number): number => at(tower.embed, nibble);
  const scaledInverse = (factor: number) => (nibble: number): number =>
    nibble === 0 ? INFINITY : tower.embed.indexOf(multiply(factor, invert(element(nibble))));
  const bySum = (
    finish: (octet: number) => number,
    part: (element: number) => number,
  ): readonly number[] => _nibbles((nibble) => finish(affineLinear(part(invert(element(nibble))))));
  const a = element(tower.a);
  const slope = multiply(tower.theta, invert(multiply(a, a)));
  const ofU = (u: number): number => u ^ multiply(slope, multiply(a ^ 1, u));
  const ofW = (w: number): number => multiply(slope, w);
  const once = (octet: number): number => at(tower.toPair, octet);
  const twice = (octet: number): number => at(tower.toPair, multiply(2, octet));
  const last = (octet: number): number => octet;
  return {
    inverse: _nibbles(scaledInverse(1)),
    aOver: _nibbles(scaledInverse(a)),
    enterLow: _nibbles((nibble) => at(tower.toPair, nibble)),
    enterHigh: _nibbles((nibble) => at(tower.toPair, nibble << 4)),
    onceU: bySum(once, ofU),
    onceT: bySum(once, ofW),
    twiceU: bySum(twice, ofU),
    twiceT: bySum(twice, ofW),
    lastU: bySum(last, ofU),
    lastT: bySum(last, ofW),
  };
}

/**
 * Octets for which the tables give a wrong S-box, alone or in MixColumns; empty if all are right.
 */
export function wrongOctets(tower: Tower, tables: Tables): readonly number[] {
  const wrong = (octet: number): boolean => {
    const expected = affineLinear(invert(octet));
    const { once, twice, last } = _lookUp(tables, octet);
    return last !== expected || once !== at(tower.toPair, expected) ||
      twice !== at(tower.toPair, multiply(2, expected)) ||
      at(tower.toOctet, once ^ twice) !== multiply(3, expected);
  };
  return Array.from({ length: 256 }, (_, octet) => octet).filter(wrong);
}

/**
 * Whether the change into the tower and back is linear and loses nothing, for all pairs of octets.
 */
export function isTowerLinear(tower: Tower): boolean {
  for (let x = 0; x < 256; x++) {
    if (at(tower.toOctet, at(tower.toPair, x)) !== x) return false;
    for (let y = 0; y < 256; y++) {
      if (at(tower.toPair, x ^ y) !== (at(tower.toPair, x) ^ at(tower.toPair, y))) return false;
    }
  }
  return true;
}

/** The element at an index that must exist. */
export function at(list: readonly number[], index: number): number {
  const value = list[index];
  if (value === undefined) throw new RangeError(`Cannot look up: ${index} of ${list.length}`);
  return value;
}

/**
 * What the kernel computes for one octet: the S-box without 0x63, and it once and twice in the
 * tower.
 */
function _lookUp(tables: Tables, octet: number): { once: number; twice: number; last: number } {
  const pair = _swizzle(tables.enterLow, octet & 15) ^ _swizzle(tables.enterHigh, octet >> 4);
  const [i, k] = [pair >> 4, pair & 15];
  const j = i ^ k;
  const overK = _swizzle(tables.aOver, k);
  const io = _swizzle(tables.inverse, _swizzle(tables.inverse, i) ^ overK) ^ j;
  const jo = _swizzle(tables.inverse, _swizzle(tables.inverse, j) ^ overK) ^ i;
  const sum = (u: readonly number[], t: readonly number[]): number =>
    _swizzle(u, io) ^ _swizzle(t, jo);
  return {
    once: sum(tables.onceU, tables.onceT),
    twice: sum(tables.twiceU, tables.twiceT),
    last: sum(tables.lastU, tables.lastT),
  };
}

/** One lane of i8x16.relaxed_swizzle, for the indices on which all machines agree. */
function _swizzle(table: readonly number[], index: number): number {
  if (index >= INFINITY) return 0;
  return at(table, index);
}

function _nibbles(value: (nibble: number) => number): readonly number[] {
  return Array.from({ length: 16 }, (_, nibble) => value(nibble));
}
