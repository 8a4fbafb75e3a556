// Chooses the rows of a long list to draw: those in sight, and a few on either side.

/**
 * @typedef {object} Sight
 * @property {number} top Pixels of the list above the view; negative if the list begins below the
 *   view's top
 * @property {number} height Pixels in sight
 * @property {number} rowHeight Pixels of a row
 * @property {number} count Rows of the list
 */

/** Rows drawn beyond those in sight, so that a quick scroll does not show emptiness. */
const SPARE = 6;

/** Lists up to this length are drawn whole, so that the browser can search and print them. */
const WHOLE = 40;

/**
 * The rows to draw.
 *
 * @param {Sight} sight
 * @returns {{ readonly first: number, readonly end: number }} `end` is exclusive
 */
export function rowsInSight({ top, height, rowHeight, count }) {
  if (count <= WHOLE) return { first: 0, end: count };
  const first = Math.floor(top / rowHeight) - SPARE;
  const end = Math.ceil((top + height) / rowHeight) + SPARE;
  return { first: clamp(first, 0, count), end: clamp(end, 0, count) };
}

/**
 * How far to scroll to bring the whole of a row into sight.
 *
 * @param {Sight} sight
 * @param {number} row
 * @param {number} covered Pixels at the top that something covers
 * @returns {number} Pixels, 0 if it is in sight
 */
export function scrollToRow({ top, height, rowHeight }, row, covered) {
  const above = row * rowHeight - (top + covered);
  if (above < 0) return above;
  return Math.max((row + 1) * rowHeight - (top + height), 0);
}

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 * @returns {number}
 */
function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
