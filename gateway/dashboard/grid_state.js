// The state of the table of connections: its contents, its elements, and what is drawn.

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
 * @property {import("./grid_window.js").Range} drawn The rows that exist
 * @property {boolean} isStale Whether the contents of the rows have changed since they were drawn
 * @property {number} frame The animation frame that will draw, or 0 if none is requested
 */

/**
 * Lays out an empty grid in its element.
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
