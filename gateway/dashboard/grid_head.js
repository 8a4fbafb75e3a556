// The head of the table of connections. Each title is a button that sorts.

import { make, setAttribute } from "./dom.js";

/** @typedef {import("./sorting.js").Column} Column */
/** @typedef {import("./sorting.js").Order} Order */

/** @type {readonly (readonly [Column, string])[]} */
export const COLUMNS = [
  ["state", "State"],
  ["client", "Client"],
  ["age", "Age"],
  ["lane", "Lane"],
  ["in", "In"],
  ["out", "Out"],
  ["queue", "Queue"],
  ["rtt", "RTT"],
  ["spis", "SPIs"],
];

/**
 * @param {(column: Column) => void} onSort
 * @returns {HTMLElement}
 */
export function createHead(onSort) {
  const titles = COLUMNS.map(([column, title]) => {
    const button = make("button", { type: "button" }, title);
    button.addEventListener("click", () => onSort(column));
    const attributes = { role: "columnheader", class: `cell ${column}`, "data-column": column };
    return make("div", attributes, button);
  });
  const last = make("span", { class: "unseen" }, "Actions");
  return make(
    "div",
    { role: "row", class: "row", "aria-rowindex": "1" },
    ...titles,
    make("div", { role: "columnheader", class: "cell tools" }, last),
  );
}

/**
 * Marks the column by which the rows are sorted.
 *
 * @param {HTMLElement} head
 * @param {Order} order
 */
export function markHead(head, order) {
  for (const cell of head.querySelectorAll("[data-column]")) {
    const isSorted = cell.getAttribute("data-column") === order.column;
    const direction = order.isDescending ? "descending" : "ascending";
    setAttribute(cell, "aria-sort", isSorted ? direction : "none");
  }
}
