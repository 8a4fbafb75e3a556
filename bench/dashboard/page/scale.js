// Where a logarithmic axis begins, ends and has its lines.

/** @typedef {import("./records.js").Figure} Figure */

/** Packet sizes that an axis of sizes always reaches: the smallest and the largest that are measured anywhere. */
const SIZE_LEAST = 64;
const SIZE_MOST = 65_000;

/**
 * Ends of an axis of packet sizes, the same for every case so that pictures can be laid beside each other.
 *
 * @param {readonly number[]} sizes
 * @returns {[number, number]}
 */
export function sizeEnds(sizes) {
  return [Math.min(SIZE_LEAST, ...sizes) / 1.3, Math.max(SIZE_MOST, ...sizes) * 1.3];
}

/**
 * Sizes that an axis names: what was measured, and its ends.
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
 * 1, 2 and 5 of each decade, or only 1 where that would be many.
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
 * Whether there is room for a label: the last has it, and each whose next is far enough away.
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
