// Orders and filters the rows of the table of connections.

/** @typedef {import("./history.js").Row} Row */

/**
 * @typedef {"state" | "client" | "age" | "lane" | "in" | "out" | "queue" | "rtt" | "spis"} Column
 * @typedef {{ readonly column: Column, readonly isDescending: boolean }} Order
 */

/** Sort keys of the columns. @type {Readonly<Record<Column, (row: Row) => number | string>>} */
const KEYS = {
  state: (row) => STATES.indexOf(row.state),
  client: (row) => addressKey(row.remote),
  age: (row) => -row.sinceMs,
  lane: (row) => row.lane,
  in: (row) => row.rateIn,
  out: (row) => row.rateOut,
  queue: (row) => row.queueOctets,
  rtt: (row) => row.rttMicros ?? -1,
  spis: (row) => row.spis.length,
};

const STATES = ["accepted", "prefixed", "enabled", "draining"];

/** Columns that people want largest first. @type {readonly Column[]} */
const DESCENDING_FIRST = ["age", "in", "out", "queue", "rtt", "spis"];

/**
 * The order after a click on a column's title.
 *
 * @param {Order} order
 * @param {Column} column
 * @returns {Order}
 */
export function nextOrder(order, column) {
  if (order.column === column) return { column, isDescending: !order.isDescending };
  return { column, isDescending: DESCENDING_FIRST.includes(column) };
}

/**
 * Sorts rows. Equal ones are sorted by id, so that none of them jumps.
 *
 * @param {readonly Row[]} rows
 * @param {Order} order
 * @returns {Row[]}
 */
export function sortRows(rows, { column, isDescending }) {
  const key = KEYS[column];
  const sign = isDescending ? -1 : 1;
  const keyed = rows.map((row) => ({ row, key: key(row) }));
  keyed.sort((a, b) => {
    if (a.key === b.key) return a.row.id - b.row.id;
    return a.key < b.key ? -sign : sign;
  });
  return keyed.map(({ row }) => row);
}

/**
 * Keeps the rows that match every word of `text`. A word matches a part of an address, the state
 * or an SPI, or a whole `lane:N` or `id:N`. The addresses are the client's, and the one as which
 * the daemon knows it.
 *
 * @param {readonly Row[]} rows
 * @param {string} text
 * @returns {readonly Row[]}
 */
export function filterRows(rows, text) {
  const words = text.toLowerCase().split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) return rows;
  return rows.filter((row) => {
    const hay = `${row.remote} ${row.upstreamLocal ?? ""} ${row.state} ${row.spis.join(" ")}`;
    const names = [`lane:${row.lane}`, `id:${row.id}`];
    return words.every((word) => names.includes(word) || hay.includes(word));
  });
}

/**
 * A key by which numbers in addresses sort as numbers.
 *
 * @param {string} remote
 * @returns {string}
 */
function addressKey(remote) {
  return remote.replaceAll(/\d+/g, (digits) => digits.padStart(5, "0"));
}
