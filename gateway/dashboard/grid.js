// The table of connections. Only the rows in sight exist; they keep their places, and each is given the connection that belongs there.
// The grid itself has the focus and names its active row, so that rows may come, go and move under it.

import { make, rowHeightOf, setAttribute, setShown } from "./dom.js";
import { COLUMNS, createHead, markHead } from "./grid_head.js";
import { bindKeys, bindPointer } from "./grid_input.js";
import { createRow, fillRow } from "./grid_row.js";
import { filterRows, nextOrder, sortRows } from "./sorting.js";
import { colorOf } from "./theme_switch.js";
import { rowsInSight, scrollToRow } from "./window.js";

/** @typedef {import("./history.js").Row} Row */
/** @typedef {import("./sorting.js").Column} Column */
/** @typedef {import("./sorting.js").Order} Order */

/**
 * @typedef {object} GridHandlers
 * @property {(row: Row) => void} onOpen
 * @property {(row: Row) => void} onKick
 * @property {(shown: number, all: number) => void} onCount
 *
 * What the grid shows, and where.
 *
 * @typedef {object} GridState
 * @property {HTMLElement} root
 * @property {HTMLElement} head
 * @property {HTMLElement} body As high as all rows together
 * @property {HTMLElement} layer The rows in sight
 * @property {GridHandlers} handlers
 * @property {readonly Row[]} all
 * @property {readonly Row[]} rows Those that pass the filter, in order
 * @property {Order} order
 * @property {string} text The filter
 * @property {number} now Unix ms
 * @property {number | undefined} activeId
 * @property {{ readonly in: string, readonly out: string }} colors
 *
 * @typedef {object} Grid
 * @property {(rows: readonly Row[], now: number) => void} update
 * @property {(text: string) => void} filter
 * @property {(column: Column) => void} sort
 * @property {() => void} recolor
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
  let frame = 0;

  function drawSoon() {
    if (frame !== 0) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      draw(state);
    });
  }

  addEventListener("scroll", drawSoon, { passive: true });
  addEventListener("resize", drawSoon);
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
    recolor() {
      state.colors = colorsNow();
      draw(state);
    },
    focus: () => root.focus({ preventScroll: true }),
  };
}

/**
 * @param {HTMLElement} root
 * @param {GridHandlers} handlers
 * @returns {GridState}
 */
function createState(root, handlers) {
  const head = make("div", { role: "rowgroup", class: "head" });
  const layer = make("div", { role: "presentation" });
  const body = make("div", { role: "rowgroup", class: "rows" }, layer);
  root.append(head, body);
  root.tabIndex = 0;
  root.hidden = true;
  setAttribute(root, "role", "grid");
  setAttribute(root, "aria-label", "Connections");
  setAttribute(root, "aria-colcount", String(COLUMNS.length + 1));
  return {
    root,
    head,
    body,
    layer,
    handlers,
    all: [],
    rows: [],
    order: { column: "age", isDescending: true },
    text: "",
    now: 0,
    activeId: undefined,
    colors: colorsNow(),
  };
}

/**
 * Chooses and orders the rows, and draws those in sight.
 *
 * @param {GridState} state
 */
function arrange(state) {
  state.rows = sortRows(filterRows(state.all, state.text), state.order);
  state.handlers.onCount(state.rows.length, state.all.length);
  setAttribute(state.root, "aria-rowcount", String(state.rows.length + 1));
  setShown(state.root, state.rows.length > 0);
  draw(state);
}

/** @param {GridState} state */
function draw(state) {
  const { root, body, layer, rows, now, colors, activeId } = state;
  if (root.offsetParent === null) return;
  const view = sightOf(state);
  const { first, end } = rowsInSight(view);
  body.style.blockSize = `${rows.length * view.rowHeight}px`;
  layer.style.transform = `translateY(${first * view.rowHeight}px)`;
  while (layer.children.length > end - first) layer.lastElementChild?.remove();
  while (layer.children.length < end - first) layer.append(createRow());
  for (let index = first; index < end; index++) {
    const [element, row] = [layer.children[index - first], rows[index]];
    if (!(element instanceof HTMLElement) || row === undefined) continue;
    fillRow(element, { row, now, colors, index, isActive: row.id === activeId });
  }
  // A row out of sight does not exist, and cannot be named.
  const active = rows.findIndex(({ id }) => id === activeId);
  if (active < first || active >= end) root.removeAttribute("aria-activedescendant");
  else setAttribute(root, "aria-activedescendant", `row-${activeId}`);
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
 * Makes a row the active one, in sight.
 *
 * @param {GridState} state
 * @param {number} index Beyond the ends is the end
 */
function activate(state, index) {
  const at = Math.min(Math.max(index, 0), state.rows.length - 1);
  state.activeId = state.rows[at]?.id;
  scrollBy({ top: scrollToRow(sightOf(state), at, state.head.offsetHeight) });
  draw(state);
}

/** @returns {{ readonly in: string, readonly out: string }} */
function colorsNow() {
  return { in: colorOf("--in"), out: colorOf("--out") };
}
