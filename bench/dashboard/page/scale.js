// Ends, ticks and grid lines of logarithmic axes.

/** @typedef {import("./records.js").Figure} Figure */

/**
 * The smallest and the largest packet that any bench measures. An axis of sizes always reaches
 * both.
 */
const SIZE_LEAST = 64;
const SIZE_MOST = 65_000;

/**
 * Ends of an axis of packet sizes: the same for every case, so that charts can be compared.
 *
 * @param {readonly number[]} sizes
 * @returns {[number, number]}
 */
export function sizeEnds(sizes) {
  return [Math.min(SIZE_LEAST, ...sizes) / 1.3, Math.max(SIZE_MOST, ...sizes) * 1.3];
}

/**
 * Sizes that an axis names: those that were measured, and its two ends.
 *
 * @param {readonly number[]} sizes
 * @returns {number[]}
 */
export function sizeTicks(sizes) {
  return [...new Set([SIZE_LEAST, ...sizes, SIZE_MOST])].sort((a, b) => a - b);
}

/**
 * @param {readonly (Figure | null)[]} figures
 * @returns {[number, number]} The lowest low and the highest high
 */
export function heightsOf(figures) {
  const found = figures.filter((figure) => figure !== null);
  return [
    Math.min(...found.map(({ low }) => low)),
    Math.max(...found.map(({ high }) => high)),
  ];
}

/**
 * Grid lines at 1, 2 and 5 of each decade, or at 1 only where there are more than three decades.
 *
 * @param {number} low
 * @param {number} high
 * @returns {number[]}
 */
export function splitsBetween(low, high) {
  const decades = Math.log10(high / low);
  const steps = decades > 3 ? [1] : [1, 2, 5];
  const splits = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const step of steps) splits.push(step * 10 ** power);
  }
  return splits.filter((value) => value >= low / 1.15 && value <= high * 1.15);
}

/**
 * Whether there is room for a label: the next one must be far enough away. The last always has
 * room.
 *
 * @param {readonly number[]} places Of all labels, in pixels
 * @param {number} index
 * @returns {boolean}
 */
export function isRoomy(places, index) {
  const [place, next] = [places[index], places[index + 1]];
  return place === undefined || next === undefined || next - place >= LABEL_WIDTH;
}

const LABEL_WIDTH = 40;
