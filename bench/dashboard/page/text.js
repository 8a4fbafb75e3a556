// Measured numbers as people read them: three digits, a unit.

/**
 * @typedef {import("./records.js").Figure} Figure
 * @typedef {import("./records.js").BenchRecord} BenchRecord
 */

/**
 * @param {number} value
 * @returns {string} Three digits
 */
export function digits(value) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/**
 * @param {number} seconds
 * @returns {string}
 */
export function secondsText(seconds) {
  if (seconds >= 1) return `${digits(seconds)} s`;
  if (seconds >= 1e-3) return `${digits(seconds * 1e3)} ms`;
  return seconds >= 1e-6 ? `${digits(seconds * 1e6)} µs` : `${digits(seconds * 1e9)} ns`;
}

/**
 * @param {number} rate
 * @param {BenchRecord["unit"]} unit
 * @returns {string}
 */
export function rateText(rate, unit) {
  if (unit === "t") return digits(rate);
  if (unit === "share") return `${digits(100 * rate)} %`;
  const suffix = { "octets/s": "B/s", "packets/s": "pkt/s", octets: "B" }[unit];
  for (const [factor, prefix] of /** @type {const} */ ([[1e9, "G"], [1e6, "M"], [1e3, "k"]])) {
    if (rate >= factor) return `${digits(rate / factor)} ${prefix}${suffix}`;
  }
  return `${digits(rate)} ${suffix}`;
}

/**
 * @param {number} count
 * @returns {string} `65,000`
 */
export function countText(count) {
  return count.toLocaleString("en-US");
}

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
