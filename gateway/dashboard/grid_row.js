// One row of the table of connections.

import { make, setAttribute, setText } from "./dom.js";
import { bitRateText, durationText, microsText, octetsText } from "./format.js";
import { createSparkline, drawSparkline } from "./sparkline.js";

/** @typedef {import("./history.js").Row} Row */

/**
 * @typedef {object} RowView
 * @property {Row} row
 * @property {number} now Unix ms
 * @property {number} index
 * @property {boolean} isActive
 */

/** Cells that have only text. Narrow screens show the name beside the value. */
const PLAIN = ["client", "age", "lane", "queue", "rtt", "spis"];

/** @returns {HTMLElement} */
export function createRow() {
  const row = make("div", { role: "row", class: "row" });
  row.append(cell("state", make("span", { class: "state" })));
  for (const name of ["client", "age", "lane"]) row.append(cell(name, make("span")));
  for (const name of ["in", "out"]) {
    row.append(cell(name, createSparkline(), make("span")));
  }
  for (const name of ["queue", "rtt", "spis"]) row.append(cell(name, make("span")));
  const kick = make("button", { type: "button", class: "kick", tabindex: "-1" }, "Close");
  row.append(cell("tools", kick));
  return row;
}

/**
 * Fills a row with its connection.
 *
 * @param {HTMLElement} element
 * @param {RowView} view
 */
export function fillRow(element, { row, now, index, isActive }) {
  setAttribute(element, "id", `row-${row.id}`);
  setAttribute(element, "data-id", String(row.id));
  setAttribute(element, "aria-rowindex", String(index + 2));
  setAttribute(element, "aria-selected", String(isActive));
  const state = element.querySelector(".state .state");
  if (state) {
    setText(state, row.state);
    setAttribute(state, "data-state", row.state);
  }
  const texts = textsOf(row, now);
  for (const name of PLAIN) {
    const text = element.querySelector(`.${name} > span`);
    if (text) setText(text, texts[name] ?? "");
  }
  setAttribute(element.querySelector(".spis") ?? element, "title", row.spis.join(" "));
  for (const name of /** @type {const} */ (["in", "out"])) {
    fillRate(element.querySelector(`.${name}`), name === "in" ? row.rateIn : row.rateOut);
    drawSparkline(element.querySelector(`.${name} > .sparkline`), row.series[name]);
  }
  const kick = element.querySelector(".kick");
  if (kick) setAttribute(kick, "aria-label", `Close ${row.remote}`);
}

/**
 * @param {Row} row
 * @param {number} now
 * @returns {Readonly<Record<string, string>>}
 */
function textsOf(row, now) {
  const [first = "–", ...more] = row.spis;
  return {
    client: row.remote,
    age: durationText((now - row.sinceMs) / 1000),
    lane: String(row.lane),
    queue: row.queueOctets === 0 ? "–" : octetsText(row.queueOctets),
    rtt: microsText(row.rttMicros),
    spis: more.length === 0 ? first : `${first} +${more.length}`,
  };
}

/**
 * @param {Element | null} cell
 * @param {number} rate
 */
function fillRate(cell, rate) {
  const text = cell?.lastElementChild;
  if (text) setText(text, rate === 0 ? "–" : bitRateText(rate));
}

/**
 * @param {string} name
 * @param {...Element} children
 * @returns {HTMLElement}
 */
function cell(name, ...children) {
  return make("div", { role: "gridcell", class: `cell ${name}` }, ...children);
}
