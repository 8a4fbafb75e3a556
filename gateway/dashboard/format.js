// Formats numbers for people. No number has more digits than it is accurate to, and its width
// changes as little as possible from one second to the next.

const GROUPED = new Intl.NumberFormat("en");

/**
 * A rate of octets, shown in bits per second.
 *
 * @param {number} octetsPerSecond
 * @returns {string}
 */
export function bitRateText(octetsPerSecond) {
  const bits = octetsPerSecond * 8;
  if (bits < 0.5) return "0 bit/s";
  return scaled(bits, 1000, ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"]);
}

/**
 * An amount of octets, in powers of two.
 *
 * @param {number} octets
 * @returns {string}
 */
export function octetsText(octets) {
  return scaled(octets, 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]);
}

/**
 * A count, with groups of three digits.
 *
 * @param {number} count
 * @returns {string}
 */
export function countText(count) {
  return GROUPED.format(Math.round(count));
}

/**
 * A rate of events. A small one is shown per hour, because one event per hour must not look like
 * none.
 *
 * @param {number} perSecond
 * @param {string} [what] `frames`
 * @returns {string}
 */
export function rateText(perSecond, what = "") {
  const space = what === "" ? "" : ` ${what}`;
  if (perSecond === 0) return `0${space}/s`;
  if (perSecond < 0.1) return `${countText(Math.max(perSecond * 3600, 1))}${space}/h`;
  return `${perSecond < 10 ? perSecond.toFixed(1) : countText(perSecond)}${space}/s`;
}

/**
 * A duration in its two largest units.
 *
 * @param {number} seconds
 * @returns {string}
 */
export function durationText(seconds) {
  const whole = Math.max(Math.floor(seconds), 0);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${Math.floor(whole / 60) % 60} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor(whole / 3600) % 24} h`;
}

/**
 * A short duration in µs, ms or s.
 *
 * @param {number | null} micros
 * @returns {string}
 */
export function microsText(micros) {
  if (micros === null) return "–";
  if (micros < 1000) return `${Math.round(micros)} µs`;
  if (micros < 1e6) return `${digits(micros / 1000)} ms`;
  return `${digits(micros / 1e6)} s`;
}

/**
 * A share of one, in percent.
 *
 * @param {number} ratio
 * @returns {string}
 */
export function percentText(ratio) {
  const percent = ratio * 100;
  return percent > 0 && percent < 1 ? "<1 %" : `${Math.round(percent)} %`;
}

/**
 * A name of the API as words: `icv_mismatch` is "icv mismatch".
 *
 * @param {string} name
 * @returns {string}
 */
export function wordsText(name) {
  return name.replaceAll("_", " ");
}

/**
 * @param {number} value
 * @param {number} base
 * @param {readonly string[]} units
 * @returns {string}
 */
function scaled(value, base, units) {
  let left = value;
  let step = 0;
  // Otherwise 999.5 would be shown as 1000.
  while (left >= base - 0.5 && step < units.length - 1) {
    left /= base;
    step++;
  }
  return `${step === 0 ? Math.round(left) : digits(left)} ${units[step] ?? ""}`;
}

/**
 * Three digits. `toPrecision` would make 9.99 of 9.995.
 *
 * @param {number} value
 * @returns {string}
 */
function digits(value) {
  if (value >= 99.95) return String(Math.round(value));
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}
