// Keys must never leave the gateway again. Every key that a test makes is remembered here, and
// everything that a gateway says is searched for it, in either hex case and as lists of numbers.

import { Buffer } from "node:buffer";

/**
 * Hex digits of eight octets: too long to be found by chance, short enough to find a piece of a
 * key.
 */
const WINDOW_DIGITS = 16;

const windows = new Set<string>();

/** Remembers a key for good. */
export function rememberSecret(keyMaterial: Uint8Array): void {
  const hex = Buffer.from(keyMaterial).toString("hex");
  for (let at = 0; at + WINDOW_DIGITS <= hex.length; at += 2) {
    windows.add(hex.slice(at, at + WINDOW_DIGITS));
  }
}

/** The first piece of a remembered key in `text`, or undefined. */
export function findSecret(text: string): string | undefined {
  for (const [digits] of text.matchAll(/[0-9a-fA-F]{16,}/g)) {
    const found = searchDigits(digits.toLowerCase());
    if (found !== undefined) return found;
  }
  for (const [list] of text.matchAll(/\d{1,3}(?:\s*,\s*\d{1,3}){7,}/g)) {
    const found = searchDigits(Buffer.from(list.split(",").map(Number)).toString("hex"));
    if (found !== undefined) return found;
  }
  return undefined;
}

function searchDigits(digits: string): string | undefined {
  for (let at = 0; at + WINDOW_DIGITS <= digits.length; at++) {
    const window = digits.slice(at, at + WINDOW_DIGITS);
    if (windows.has(window)) return window;
  }
  return undefined;
}
