// The view of the whole gateway: totals, lanes, IKE delay, drops and closes.

import { createChart } from "./chart.js";
import { fillDelay } from "./delay_panel.js";
import { byId, fillList, make, setAttribute, setShown, setText } from "./dom.js";
import {
  bitRateText,
  countText,
  durationText,
  percentText,
  rateText,
  wordsText,
} from "./format.js";
import { IGNORED } from "./ignored.js";
import { fillTiles } from "./tiles.js";

/** @typedef {import("../model/gateway_status.ts").GatewayStatus} GatewayStatus */
/** @typedef {import("./history.js").Reading} Reading */
/** @typedef {import("./tiles.js").Tile} Tile */

/**
 * Binds the overview.
 *
 * @returns {{ update(reading: Reading): void, recolor(): void }}
 */
export function createOverview() {
  const tiles = byId("tiles", HTMLElement);
  const chart = createChart(byId("throughput", HTMLElement));
  return {
    update(reading) {
      fillTiles(tiles, tilesOf(reading));
      setText(byId("addresses", HTMLElement), addressesText(reading.status));
      chart.update(reading.series);
      fillLanes(reading);
      fillDelay(reading);
      const { totals } = reading.status;
      fillReasons("drops", withoutIgnored(totals.drops), reading.dropsLately);
      fillReasons("closes", totals.closes, reading.closesLately);
    },
    recolor: chart.recolor,
  };
}

/**
 * @param {Reading} reading
 * @returns {readonly Tile[]}
 */
function tilesOf({ status, series, rates, dropsLately, lateSeconds }) {
  const { totals, limits } = status;
  const open = total(totals.connections);
  const drops = total(withoutIgnored(totals.drops));
  const late = total(withoutIgnored(dropsLately));
  const refused = total(totals.accepts) - totals.accepts.accepted;
  const most = limits["maxConnections"];
  return [
    {
      name: "Connections",
      value: countText(open),
      more: `${countText(totals.connections.enabled)} enabled` +
        (most === undefined ? "" : `, at most ${countText(most)}`),
    },
    {
      name: "In",
      value: bitRateText(series.in.at(-1) ?? 0),
      more: rateText(rates.framesIn, "frames"),
    },
    {
      name: "Out",
      value: bitRateText(series.out.at(-1) ?? 0),
      more: rateText(rates.framesOut, "frames"),
    },
    {
      name: "Drops",
      value: rateText(lateSeconds > 0 ? late / lateSeconds : 0),
      more: `${countText(drops)} in all`,
    },
    {
      name: "SAs",
      value: countText(total(totals.sas)),
      more: `${countText(totals.sas.inbound)} in, ${countText(totals.sas.outbound)} out`,
    },
    {
      name: "Up",
      value: durationText(status.uptimeSeconds),
      more: `${countText(totals.accepts.accepted)} accepted, ${countText(refused)} refused`,
    },
  ];
}

/**
 * @param {GatewayStatus} status
 * @returns {string}
 */
function addressesText({ listeners, upstream }) {
  const daemon = upstream === null
    ? "No IKE daemon."
    : `IKE daemon: ${upstream.address}, ${upstream.state}.`;
  return listeners.length === 0 ? daemon : `Listening on ${listeners.join(", ")}. ${daemon}`;
}

/** @param {Reading} reading */
function fillLanes({ status }) {
  setText(byId("engine", HTMLElement), `AEAD engine: ${status.engine}`);
  const load = status.totals.laneBusyRatio.map((share, lane) => ({ share, lane }));
  fillList(byId("lanes", HTMLElement), load, {
    create: () =>
      make(
        "li",
        {},
        make("span"),
        make("span", { class: "meter", "aria-hidden": "true" }, make("span")),
        make("span", { class: "number" }),
      ),
    fill: (item, { share, lane }) => {
      const [name, meter, number] = item.children;
      const bar = meter?.firstElementChild;
      if (name) setText(name, `Lane ${lane}`);
      if (bar instanceof HTMLElement) bar.style.inlineSize = `${share * 100}%`;
      if (meter) setAttribute(meter, "data-level", share > 0.9 ? "high" : "normal");
      if (number) setText(number, percentText(share));
    },
  });
}

/**
 * @param {"drops" | "closes"} id
 * @param {Readonly<Record<string, number>>} totals
 * @param {Readonly<Record<string, number>>} lately
 */
function fillReasons(id, totals, lately) {
  const reasons = Object.entries(totals).filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a);
  setShown(byId(`${id}-empty`, HTMLElement), reasons.length === 0);
  fillList(byId(id, HTMLElement), reasons, {
    create: () => make("tr", {}, make("th", { scope: "row" }), make("td"), make("td")),
    fill: (row, [reason, count]) => {
      const [name, late, all] = row.children;
      const recent = lately[reason] ?? 0;
      if (name) setText(name, wordsText(reason));
      if (late) setText(late, recent === 0 ? "–" : `+${countText(recent)}`);
      if (all) setText(all, countText(count));
    },
  });
}

/**
 * @param {Readonly<Record<string, number>>} drops
 * @returns {Record<string, number>}
 */
function withoutIgnored(drops) {
  return Object.fromEntries(Object.entries(drops).filter(([name]) => !IGNORED.includes(name)));
}

/**
 * @param {Readonly<Record<string, number>>} counts
 * @returns {number}
 */
function total(counts) {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
