// Tables of figures: each number is a link to its record, its spread below it.

import { byId, make } from "../../../gateway/dashboard/dom.js";
import { anchorOf } from "./records.js";
import { spreadText } from "./text.js";

/**
 * @typedef {import("./records.js").Figure} Figure
 * @typedef {import("./records.js").Placed} Placed
 * @typedef {string | HTMLTableCellElement | null} Cell A text describes and is no measured number; null is a number that was not measured
 */

/** Colours of lines, in the order they are given out. */
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
 * A number, what it says of the record, and where that is.
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
 * A number that has no record of its own, and says why.
 *
 * @param {string} text
 * @returns {HTMLTableCellElement}
 */
export function sumCell(text) {
  return make("td", { class: "sum" }, text, make("span", { class: "spread" }, "sum of medians"));
}

/**
 * The colour of a line and whether it is dashed, for when there are more lines than colours.
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
 * Fills a choice, and keeps what was chosen if it is still there.
 *
 * @param {HTMLSelectElement} select
 * @param {readonly (readonly [value: string, text: string])[]} options
 */
export function fillSelect(select, options) {
  const { value } = select;
  select.replaceChildren(...options.map(([value, text]) => make("option", { value }, text)));
  if (options.some(([known]) => known === value)) select.value = value;
}
