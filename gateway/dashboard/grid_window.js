// Keeps only the rows in sight. Scrolling leaves the rows that stay in sight as they are, and only
// the others are filled.

/**
 * A range of rows; `end` is exclusive.
 *
 * @typedef {{ readonly first: number, readonly end: number }} Range
 */

/**
 * Replaces the rows of `old` in a layer by those of `next`.
 *
 * @param {HTMLElement} layer
 * @param {{ readonly old: Range, readonly next: Range, readonly create: () => HTMLElement }} move
 * @returns {Range} The rows that are unchanged; empty if there are none
 */
export function moveRows(layer, { old, next, create }) {
  const kept = overlap(old, next);
  const elements = [...layer.children];
  const spares = elements.filter((_, at) => {
    const row = old.first + at;
    return row < kept.first || row >= kept.end;
  });
  for (const spare of spares) spare.remove();
  const take = () => spares.pop() ?? create();
  layer.prepend(...Array.from({ length: kept.first - next.first }, take));
  layer.append(...Array.from({ length: next.end - kept.end }, take));
  return kept;
}

/**
 * @param {Range} old
 * @param {Range} next
 * @returns {Range} The common part; an empty range at the start of `next` if there is none
 */
function overlap(old, next) {
  const first = Math.max(old.first, next.first);
  const end = Math.min(old.end, next.end);
  return first < end ? { first, end } : { first: next.first, end: next.first };
}
