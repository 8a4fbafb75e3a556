// Tables of figures. Each number links to its record and has its spread below it.

import { byId, make } from "../../../gateway/dashboard/dom.js";
import { anchorOf } from "./records.js";
import { spreadText } from "./text.js";

/**
 * @typedef {import("./records.js").Figure} Figure
 * @typedef {import("./records.js").Placed} Placed
 * @typedef {string | HTMLTableCellElement | null} Cell A string is a description, not a measured
 * number; null is a number that was not measured
 */

/** Number of line colours; colours repeat after them. */
const COLORS = 8;

/**
 * @param {number} index
 * @returns {string} Name of a custom property
 */
export function colorName(index) {
  return `--c${index % COLORS}`;
}

/**
 * Fills the table of a section.
 *
 * @param {string} section Its `NAME-head` and `NAME-body` are filled
 * @param {readonly string[]} titles
 * @param {readonly (readonly Cell[])[]} rows The first cell of each is its heading
 */
export function fillTable(section, titles, rows) {
  const heads = titles.map((title, column) => {
    const isText = rows.some((row) => typeof row[column] === "string");
    return make("th", { scope: "col", class: isText ? "text" : "" }, title);
  });
  byId(`${section}-head`, HTMLTableSectionElement).replaceChildren(make("tr", {}, ...heads));
  byId(`${section}-body`, HTMLTableSectionElement).replaceChildren(
    ...rows.map((cells) => make("tr", {}, ...cells.map(cellOf))),
  );
}

/**
 * @param {Cell} cell
 * @param {number} index
 * @returns {HTMLTableCellElement}
 */
function cellOf(cell, index) {
  if (cell instanceof HTMLTableCellElement) return cell;
  if (index === 0) return make("th", { scope: "row" }, cell ?? "");
  return cell === null ? make("td", {}, "–") : make("td", { class: "text" }, cell);
}

/**
 * A cell with a number that links to its record, and the spread below it.
 *
 * @param {Placed} record
 * @param {Figure} figure
 * @param {(value: number) => string} text
 * @returns {HTMLTableCellElement}
 */
export function figureCell(record, figure, text) {
  return make(
    "td",
    {},
    make("a", { href: anchorOf(record) }, text(figure.value)),
    ...(figure.low === figure.high
      ? []
      : [make("span", { class: "spread" }, spreadText(figure, text))]),
  );
}

/**
 * A cell with a number that has no record of its own, and the reason.
 *
 * @param {string} text
 * @returns {HTMLTableCellElement}
 */
export function sumCell(text) {
  return make("td", { class: "sum" }, text, make("span", { class: "spread" }, "sum of medians"));
}

/**
 * Colour of a line, and whether it is dashed. Lines beyond the last colour are dashed.
 *
 * @param {number} index
 * @returns {{ readonly color: string, readonly isDashed: boolean }}
 */
export function lineStyle(index) {
  return { color: colorName(index), isDashed: index >= COLORS };
}

/**
 * @param {string} id
 * @param {readonly string[]} labels In the order of their colours
 */
export function fillKeys(id, labels) {
  byId(id, HTMLUListElement).replaceChildren(...labels.map((label, index) => {
    const { isDashed } = lineStyle(index);
    const swatch = make("span", {
      class: isDashed ? "swatch dashed" : "swatch",
      "aria-hidden": "true",
    });
    swatch.style.backgroundColor = `var(${colorName(index)})`;
    return make("li", {}, swatch, label);
  }));
}

/**
 * Fills a list of options and keeps the selected one if it is still among them.
 *
 * @param {HTMLSelectElement} select
 * @param {readonly (readonly [value: string, text: string])[]} options
 */
export function fillSelect(select, options) {
  const { value } = select;
  select.replaceChildren(...options.map(([value, text]) => make("option", { value }, text)));
  if (options.some(([known]) => known === value)) select.value = value;
}
