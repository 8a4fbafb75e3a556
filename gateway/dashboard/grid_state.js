// What the table of connections shows, and where.

import { make, setAttribute } from "./dom.js";

/** @typedef {import("./history.js").Row} Row */
/** @typedef {import("./sorting.js").Order} Order */

/**
 * @typedef {object} GridHandlers
 * @property {(row: Row) => void} onOpen
 * @property {(row: Row) => void} onKick
 * @property {(shown: number, all: number) => void} onCount
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
 * @property {import("./grid_window.js").Range} drawn Rows that exist
 * @property {boolean} isStale Whether what they show has changed
 * @property {number} frame That is to draw them, 0 if none is
 */

/**
 * Lays an empty grid out in its element.
 *
 * @param {HTMLElement} root
 * @param {GridHandlers} handlers
 * @returns {GridState}
 */
export function createState(root, handlers) {
  const head = make("div", { role: "rowgroup", class: "head" });
  const layer = make("div", { role: "presentation" });
  const body = make("div", { role: "rowgroup", class: "rows" }, layer);
  root.append(head, body);
  root.tabIndex = 0;
  root.hidden = true;
  setAttribute(root, "role", "grid");
  setAttribute(root, "aria-label", "Connections");
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
    drawn: { first: 0, end: 0 },
    isStale: true,
    frame: 0,
  };
}
