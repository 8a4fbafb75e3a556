// The page of one connection. When the connection has closed, the page stays and shows the last
// numbers.

import { getSa } from "./api.js";
import { createChart } from "./chart.js";
import { byId, fillList, hide, make, setAttribute, setShown, setText } from "./dom.js";
import { bitRateText, countText, durationText, microsText, octetsText } from "./format.js";
import { fillTiles } from "./tiles.js";

/** @typedef {import("../model/sa_view.ts").SaAnswer} SaAnswer */
/** @typedef {import("./history.js").Row} Row */
/** @typedef {import("./tiles.js").Tile} Tile */

/** How many SAs the page reads, and how often. */
const SAS_MAX = 8;
const SAS_EVERY_MS = 5000;

const KINDS = /** @type {const} */ (["ike", "esp", "keepalive", "empty"]);
const KIND_NAMES = { ike: "IKE", esp: "ESP", keepalive: "Keepalive", empty: "Empty" };

/**
 * Binds the page.
 *
 * @param {(row: Row) => void} onKick
 * @returns {{ open(id: number): void, close(): void,
 *   update(rows: readonly Row[], now: number): void, recolor(): void }}
 */
export function createConnectionPage(onKick) {
  const chart = createChart(byId("c-throughput", HTMLElement));
  const kick = byId("c-kick", HTMLButtonElement);
  /** @type {number | undefined} */
  let id;
  /** @type {Row | undefined} */
  let row;
  let sasAt = -Infinity;

  kick.addEventListener("click", () => row && onKick(row));

  /** @param {Row} shown */
  async function showSas(shown) {
    sasAt = performance.now();
    const ids = shown.sas.slice(0, SAS_MAX);
    try {
      const sas = await Promise.all(ids.map(getSa));
      if (shown.id === id) fillSas(sas.filter((sa) => sa !== undefined), shown.sas.length);
    } catch {
      // The feed reports a gateway that does not answer. The list stays as it was.
    }
  }

  return {
    open(next) {
      id = next;
      row = undefined;
      sasAt = -Infinity;
      fillList(byId("c-sas", HTMLElement), [], { create: () => make("li"), fill: () => {} });
      hide(byId("c-sas-empty", HTMLElement));
      hide(byId("c-sas-more", HTMLElement));
    },
    close() {
      id = undefined;
    },
    update(rows, now) {
      if (id === undefined) return;
      const found = rows.find((candidate) => candidate.id === id);
      showNotice(found === undefined, row !== undefined);
      kick.disabled = found === undefined;
      row = found ?? row;
      setShown(byId("c-body", HTMLElement), row !== undefined);
      setText(byId("c-title", HTMLElement), row?.remote ?? `Connection ${id}`);
      setText(byId("c-addresses", HTMLElement), row === undefined ? "" : addressesText(row));
      if (found === undefined) return;
      fill(found, now);
      chart.update(found.series);
      if (performance.now() - sasAt > SAS_EVERY_MS) void showSas(found);
    },
    recolor: chart.recolor,
  };
}

/**
 * @param {Row} row
 * @returns {string}
 */
function addressesText({ local, upstreamLocal }) {
  const heard = upstreamLocal === null ? "" : ` The IKE daemon knows it as ${upstreamLocal}.`;
  return `Connected to ${local}.${heard}`;
}

/**
 * @param {boolean} isGone
 * @param {boolean} wasThere
 */
function showNotice(isGone, wasThere) {
  const notice = byId("c-notice", HTMLElement);
  setShown(notice, isGone);
  setShown(byId("c-state", HTMLElement), !isGone);
  setText(
    notice,
    wasThere
      ? "This connection has closed. These are its last numbers."
      : "There is no connection with this ID: it has closed, or the gateway was restarted.",
  );
}

/**
 * @param {Row} row
 * @param {number} now
 */
function fill(row, now) {
  const state = byId("c-state", HTMLElement);
  setText(state, row.state);
  setAttribute(state, "data-state", row.state);
  fillTiles(byId("c-tiles", HTMLElement), tilesOf(row, now));
  fillList(byId("c-frames", HTMLElement), KINDS, {
    create: () =>
      make("tr", {}, make("th", { scope: "row" }), make("td"), make("td"), make("td"), make("td")),
    fill: (line, kind) => {
      const texts = [
        KIND_NAMES[kind],
        countText(row.frames.inbound[kind]),
        octetsText(row.octets.inbound[kind]),
        countText(row.frames.outbound[kind]),
        octetsText(row.octets.outbound[kind]),
      ];
      for (const [i, text] of texts.entries()) {
        const cell = line.children[i];
        if (cell) setText(cell, text);
      }
    },
  });
}

/**
 * @param {Row} row
 * @param {number} now
 * @returns {readonly Tile[]}
 */
function tilesOf(row, now) {
  const since = new Date(row.sinceMs).toLocaleString("en-GB");
  return [
    { name: "In", value: bitRateText(row.rateIn), more: "from the client" },
    { name: "Out", value: bitRateText(row.rateOut), more: "to the client" },
    { name: "Queue", value: octetsText(row.queueOctets), more: "waiting to be sent" },
    { name: "RTT", value: microsText(row.rttMicros), more: "of TCP, smoothed" },
    { name: "Age", value: durationText((now - row.sinceMs) / 1000), more: `since ${since}` },
    { name: "Lane", value: String(row.lane), more: `connection ${row.id}` },
  ];
}

/**
 * @param {readonly SaAnswer[]} sas
 * @param {number} count How many SAs there are, shown or not
 */
function fillSas(sas, count) {
  setShown(byId("c-sas-empty", HTMLElement), count === 0);
  const more = byId("c-sas-more", HTMLElement);
  setShown(more, count > SAS_MAX);
  setText(more, `and ${countText(count - SAS_MAX)} more: “culvert sas” lists all`);
  fillList(byId("c-sas", HTMLElement), sas, {
    create: () =>
      make("li", {}, make("code"), make("span"), make("strong"), make("span"), make("span")),
    fill: (item, sa) => {
      const [spi, direction, peer, aead, counts] = item.children;
      if (spi) setText(spi, sa.spi);
      if (direction) setText(direction, sa.direction);
      if (peer) setText(peer, sa.peer);
      if (aead) setText(aead, `${sa.aead}${sa.state === "active" ? "" : `, ${sa.state}`}`);
      if (counts) {
        setText(counts, `${countText(Number(sa.packets))} packets, ${sa.remote.join(" ")}`);
      }
    },
  });
}
