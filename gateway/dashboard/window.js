// Which rows of a long list are to be drawn: those in sight, and a few on either side.

/**
 * @typedef {object} Sight
 * @property {number} top Pixels of the list that are scrolled out above; negative if the list begins further down
 * @property {number} height Pixels in sight
 * @property {number} rowHeight Pixels of a row
 * @property {number} count Rows of the list
 */

/** Rows drawn beyond those in sight, so that a quick scroll meets rows and not emptiness. */
const SPARE = 6;

/** A list as short as this is drawn whole: the browser finds text in it, and prints it. */
const WHOLE = 40;

/**
 * Rows to draw.
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
 * How far to scroll so that a row is wholly in sight.
 *
 * @param {Sight} sight
 * @param {number} row
 * @param {number} covered Pixels at the top that something else covers
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
