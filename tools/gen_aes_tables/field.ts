/**
 * GF(2^8) as AES defines it, and a tower GF(2^4)^2 over it.
 *
 * An element is `low + high * theta`. Both coordinates lie in the subfield GF(2^4), and theta is a
 * root of `theta^2 + a * theta + a` for some `a` that makes this polynomial irreducible. In this
 * form the norm of (high, low) is `low^2 + a * low * high + a * high^2`. Four-bit look-ups and
 * additions alone then give the reciprocals of two coordinates of the inverse (see `tables.ts`).
 */

/** Multiplies modulo x^8 + x^4 + x^3 + x + 1 (FIPS 197 §4.2). */
export function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ (product & 0x80 ? 0x11b : 0) ^ (b >> bit & 1 ? a : 0);
  }
  return product;
}

/** The multiplicative inverse, with 0 for 0. */
export function invert(a: number): number {
  let power = a;
  for (let i = 0; i < 6; i++) power = multiply(multiply(power, power), a);
  return multiply(power, power);
}

/** The linear part of the S-box's affine map (FIPS 197 §5.1.1). */
export function affineLinear(a: number): number {
  let out = 0;
  for (const turn of [0, 1, 2, 3, 4]) out ^= (a << turn) | (a >> (8 - turn));
  return out & 0xff;
}

/** A way to write octets as pairs of nibbles. */
export interface Tower {
  /** AES octet to `high << 4 | low`. */
  readonly toPair: readonly number[];
  /** `high << 4 | low` to AES octet. */
  readonly toOctet: readonly number[];
  /** Nibble to the AES octet of the same subfield element. */
  readonly embed: readonly number[];
  /** AES octet of theta. */
  readonly theta: number;
  /** Nibble of the constant `a`. */
  readonly a: number;
}

/** The first tower in the order of the subfield's generator, `a` and theta. Any tower would do. */
export function findTower(): Tower {
  const embed = _embedSubfield();
  for (let a = 1; a < 16; a++) {
    for (let theta = 2; theta < 256; theta++) {
      const isRoot = (multiply(theta, theta) ^ multiply(embed[a] ?? 0, theta ^ 1)) === 0;
      if (isRoot && !embed.includes(theta)) return _tower({ embed, a, theta });
    }
  }
  throw new RangeError("Cannot find a tower: no irreducible polynomial");
}

/** Nibbles as polynomials in a root of g^4 + g + 1. */
function _embedSubfield(): readonly number[] {
  for (let g = 2; g < 256; g++) {
    const g2 = multiply(g, g);
    if ((multiply(g2, g2) ^ g ^ 1) !== 0) continue;
    const powers = [1, g, g2, multiply(g2, g)];
    return Array.from(
      { length: 16 },
      (_, n) => powers.reduce((sum, power, bit) => sum ^ (n >> bit & 1 ? power : 0), 0),
    );
  }
  throw new RangeError("Cannot embed GF(16): no root");
}

function _tower(
  { embed, a, theta }: { embed: readonly number[]; a: number; theta: number },
): Tower {
  const toOctet = Array.from(
    { length: 256 },
    (_, pair) => (embed[pair & 15] ?? 0) ^ multiply(embed[pair >> 4] ?? 0, theta),
  );
  const toPair = Array.from({ length: 256 }, (_, octet) => toOctet.indexOf(octet));
  return { toPair, toOctet, embed, theta, a };
}
