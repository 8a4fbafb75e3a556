// The table of connections. Only rows in sight exist. They keep their places, and each is given the
// connection that belongs there. The grid itself has the focus and names its active row, so that
// rows may come, go and move under it.

import { rowHeightOf, setAttribute, setShown } from "./dom.js";
import { createHead, markHead } from "./grid_head.js";
import { bindKeys, bindPointer } from "./grid_input.js";
import { createRow, fillRow } from "./grid_row.js";
import { createState } from "./grid_state.js";
import { filterRows, nextOrder, sortRows } from "./sorting.js";
import { moveRows } from "./grid_window.js";
import { rowsInSight, scrollToRow } from "./window.js";

/** @typedef {import("./history.js").Row} Row */
/** @typedef {import("./sorting.js").Column} Column */
/** @typedef {import("./grid_state.js").GridHandlers} GridHandlers */
/** @typedef {import("./grid_state.js").GridState} GridState */

/**
 * @typedef {object} Grid
 * @property {(rows: readonly Row[], now: number) => void} update
 * @property {(text: string) => void} filter
 * @property {(column: Column) => void} sort
 * @property {() => void} focus
 */

/**
 * Makes the grid in its element.
 *
 * @param {HTMLElement} root
 * @param {GridHandlers} handlers
 * @returns {Grid}
 */
export function createGrid(root, handlers) {
  const state = createState(root, handlers);
  addEventListener("scroll", () => drawSoon(state), { passive: true });
  addEventListener("resize", () => drawSoon(state));
  state.head.append(createHead((column) => sort(state, column)));
  markHead(state.head, state.order);
  bindKeys(state, (index) => activate(state, index));
  bindPointer(state);
  return {
    update(rows, now) {
      state.all = rows;
      state.now = now;
      arrange(state);
    },
    filter(text) {
      state.text = text;
      arrange(state);
    },
    sort: (column) => sort(state, column),
    focus: () => root.focus({ preventScroll: true }),
  };
}

/**
 * Filters and orders the rows. Those in sight are drawn in the next frame.
 *
 * @param {GridState} state
 */
function arrange(state) {
  state.rows = sortRows(filterRows(state.all, state.text), state.order);
  state.handlers.onCount(state.rows.length, state.all.length);
  setAttribute(state.root, "aria-rowcount", String(state.rows.length + 1));
  setShown(state.root, state.rows.length > 0);
  state.isStale = true;
  drawSoon(state);
}

/**
 * Draws once per frame, however often it is called.
 *
 * @param {GridState} state
 */
function drawSoon(state) {
  if (state.frame !== 0) return;
  state.frame = requestAnimationFrame(() => {
    state.frame = 0;
    if (state.isStale) draw(state);
    else drawScrolled(state);
  });
}

/**
 * Draws all rows in sight.
 *
 * @param {GridState} state
 */
function draw(state) {
  if (state.root.offsetParent === null) return;
  state.isStale = false;
  const { next } = place(state);
  fillRows(state, next);
}

/**
 * Draws the rows that have scrolled into sight. The others stay as they are.
 *
 * @param {GridState} state
 */
function drawScrolled(state) {
  if (state.root.offsetParent === null) return;
  const { next, kept } = place(state);
  fillRows(state, { first: next.first, end: kept.first });
  fillRows(state, { first: kept.end, end: next.end });
}

/**
 * Makes exactly the rows in sight exist.
 *
 * @param {GridState} state
 */
function place(state) {
  const { root, body, layer, rows, activeId } = state;
  const view = sightOf(state);
  const next = rowsInSight(view);
  const kept = moveRows(layer, { old: state.drawn, next, create: createRow });
  state.drawn = next;
  body.style.blockSize = `${rows.length * view.rowHeight}px`;
  layer.style.transform = `translateY(${next.first * view.rowHeight}px)`;
  // A row out of sight does not exist, so it cannot be named as the active one.
  const active = rows.findIndex(({ id }) => id === activeId);
  if (active < next.first || active >= next.end) root.removeAttribute("aria-activedescendant");
  else setAttribute(root, "aria-activedescendant", `row-${activeId}`);
  return { next, kept };
}

/**
 * @param {GridState} state
 * @param {import("./grid_window.js").Range} range
 */
function fillRows({ layer, rows, now, activeId, drawn }, { first, end }) {
  for (let index = first; index < end; index++) {
    const [element, row] = [layer.children[index - drawn.first], rows[index]];
    if (!(element instanceof HTMLElement) || row === undefined) continue;
    fillRow(element, { row, now, index, isActive: row.id === activeId });
  }
}

/**
 * @param {GridState} state
 * @returns {import("./window.js").Sight}
 */
function sightOf({ root, body, rows }) {
  const { top } = body.getBoundingClientRect();
  return { top: -top, height: innerHeight, rowHeight: rowHeightOf(root), count: rows.length };
}

/**
 * @param {GridState} state
 * @param {Column} column
 */
function sort(state, column) {
  state.order = nextOrder(state.order, column);
  markHead(state.head, state.order);
  arrange(state);
}

/**
 * Makes a row the active one, and scrolls it into sight.
 *
 * @param {GridState} state
 * @param {number} index Clamped to the first and the last row
 */
function activate(state, index) {
  const at = Math.min(Math.max(index, 0), state.rows.length - 1);
  state.activeId = state.rows[at]?.id;
  scrollBy({ top: scrollToRow(sightOf(state), at, state.head.offsetHeight) });
  draw(state);
}
