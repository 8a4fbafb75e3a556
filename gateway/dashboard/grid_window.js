// The rows that exist: as many as are in sight. Scrolling moves those that stay in sight as they are, and only the others are filled.

/**
 * Rows of the list, `end` exclusive.
 *
 * @typedef {{ readonly first: number, readonly end: number }} Range
 */

/**
 * Gives a layer the rows of `next` instead of those of `old`.
 *
 * @param {HTMLElement} layer
 * @param {{ readonly old: Range, readonly next: Range, readonly create: () => HTMLElement }} move
 * @returns {Range} Rows that stand as they were; empty if there are none
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
 * @returns {Range} What both have; else nothing, where `next` begins
 */
function overlap(old, next) {
  const first = Math.max(old.first, next.first);
  const end = Math.min(old.end, next.end);
  return first < end ? { first, end } : { first: next.first, end: next.first };
}
