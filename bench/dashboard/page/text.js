// Texts of numbers that only the page writes. The others are in bench/lib/numbers.ts.

import { digits } from "../../lib/numbers.ts";

/** @typedef {import("./records.js").Figure} Figure */

/**
 * @param {number} ratio
 * @returns {string}
 */
export function ratioText(ratio) {
  return `${digits(ratio)}×`;
}

/**
 * @param {Figure} figure
 * @param {(value: number) => string} text
 * @returns {string} `2.1 to 3.4 µs`, the 10th and the 90th percentile
 */
export function spreadText({ low, high }, text) {
  return `${text(low)} to ${text(high)}`;
}

/**
 * @param {string} at RFC 3339
 * @returns {string}
 */
export function timeText(at) {
  return at.slice(0, 16).replace("T", " ");
}
