// Makes rates from readings of the gateway, and keeps those of the last minutes. Counters only
// grow, so a rate is the growth between two readings. A counter that went down belongs to a gateway
// that was restarted.

import { countsBetween } from "./histogram.js";

/** @typedef {import("../model/frame_kind.ts").ByKind} ByKind */
/** @typedef {import("../model/connection.ts").ConnectionView} ConnectionView */
/** @typedef {import("../model/gateway_status.ts").GatewayStatus} GatewayStatus */
/** @typedef {import("../model/histogram.ts").Histogram} Histogram */

/**
 * A reading of the gateway.
 *
 * @typedef {object} Snapshot
 * @property {number} at When it was received, Unix ms
 * @property {GatewayStatus} status
 * @property {readonly ConnectionView[]} connections
 *
 * The part of a snapshot that is kept. Rows take the place of its connections.
 *
 * @typedef {Omit<Snapshot, "connections">} Moment
 *
 * Octets per second over time; `at` in Unix s.
 *
 * @typedef {{ readonly at: number[], readonly in: number[], readonly out: number[] }} Series
 *
 * A connection, with its rates since it was first seen.
 *
 * @typedef {ConnectionView & { readonly sinceMs: number, readonly rateIn: number,
 *   readonly rateOut: number, readonly series: Series }} Row
 *
 * @typedef {object} Reading
 * @property {number} at Unix ms
 * @property {GatewayStatus} status
 * @property {readonly Row[]} rows
 * @property {Series} series Octets of all connections
 * @property {{ readonly framesIn: number, readonly framesOut: number }} rates Frames per second
 * @property {Readonly<Record<string, number>>} dropsLately Drops of the last minute by reason
 * @property {Readonly<Record<string, number>>} closesLately Closes of the last minute by reason
 * @property {number} lateSeconds Length of "lately": a minute, or less if the page is younger
 * @property {readonly number[]} delayLately IKE delays of the last minute, counts per bucket
 * @property {boolean} hasRestarted True for the first reading after a restart of the gateway
 */

/** How many readings are kept for the chart of all connections, and for each connection. */
const KEPT_ALL = 600;
const KEPT_EACH = 120;

const LATELY_MS = 60_000;

/**
 * Makes an empty history.
 *
 * @returns {{ push(snapshot: Snapshot): Reading }}
 */
export function createHistory() {
  /** @type {Moment[]} Those of the last minute, oldest first */
  let recent = [];
  /** @type {Series} */
  let all = emptySeries();
  /** @type {Map<number, Row>} */
  let rows = new Map();

  /**
   * @param {Snapshot} snapshot
   * @returns {Reading}
   */
  function push(snapshot) {
    const previous = recent.at(-1);
    const hasRestarted = previous !== undefined &&
      snapshot.status.uptimeSeconds < previous.status.uptimeSeconds;
    if (hasRestarted) {
      recent = [];
      rows = new Map();
      all = emptySeries();
    }
    const last = recent.at(-1);
    rows = nextRows(rows, snapshot, last?.at);
    if (last !== undefined) extendTotals(all, last, snapshot);
    recent.push({ at: snapshot.at, status: snapshot.status });
    while (isOlder(recent[1], snapshot, LATELY_MS)) recent.shift();
    return { ...reading(recent, snapshot), rows: [...rows.values()], series: all, hasRestarted };
  }

  return { push };
}

/**
 * @param {Moment | undefined} old
 * @param {Moment} now
 * @param {number} ms
 * @returns {boolean}
 */
function isOlder(old, now, ms) {
  return old !== undefined && now.at - old.at >= ms;
}

/**
 * Computes what depends on the snapshots of the last minute.
 *
 * @param {readonly Moment[]} recent
 * @param {Moment} now
 * @returns {Omit<Reading, "rows" | "series" | "hasRestarted">}
 */
function reading(recent, now) {
  const oldest = recent[0] ?? now;
  const before = recent.at(-2) ?? now;
  const { totals } = now.status;
  const seconds = secondsBetween(before, now);
  return {
    at: now.at,
    status: now.status,
    rates: {
      framesIn: rate(sum(before.status.totals.frames.inbound), sum(totals.frames.inbound), seconds),
      framesOut: rate(
        sum(before.status.totals.frames.outbound),
        sum(totals.frames.outbound),
        seconds,
      ),
    },
    dropsLately: grown(oldest.status.totals.drops, totals.drops),
    closesLately: grown(oldest.status.totals.closes, totals.closes),
    lateSeconds: secondsBetween(oldest, now),
    delayLately: countsBetween(oldest.status.totals.ikeDelaySeconds, totals.ikeDelaySeconds),
  };
}

/**
 * Seconds between two readings by the gateway's clock, because its totals reach the page after a
 * delay that varies.
 *
 * @param {Moment} before
 * @param {Moment} now
 * @returns {number}
 */
function secondsBetween(before, now) {
  return now.status.uptimeSeconds - before.status.uptimeSeconds;
}

/**
 * @param {Series} series Extended by one point
 * @param {Moment} before
 * @param {Moment} now
 */
function extendTotals(series, before, now) {
  const seconds = secondsBetween(before, now);
  const [old, octets] = [before.status.totals.octets, now.status.totals.octets];
  extend(series, KEPT_ALL, {
    at: now.at / 1000,
    in: rate(sum(old.inbound), sum(octets.inbound), seconds),
    out: rate(sum(old.outbound), sum(octets.outbound), seconds),
  });
}

/**
 * @param {ReadonlyMap<number, Row>} old
 * @param {Snapshot} snapshot
 * @param {number | undefined} before When the old rows were read, Unix ms
 * @returns {Map<number, Row>}
 */
function nextRows(old, { at, connections }, before) {
  const seconds = before === undefined ? 0 : (at - before) / 1000;
  return new Map(
    connections.map((view) => [view.id, nextRow(view, old.get(view.id), { at, seconds })]),
  );
}

/**
 * @param {ConnectionView} view
 * @param {Row | undefined} old
 * @param {{ readonly at: number, readonly seconds: number }} time When it was read (Unix ms), and
 *   how long after the old row
 * @returns {Row}
 */
function nextRow(view, old, { at, seconds }) {
  const series = old?.series ?? emptySeries();
  const rateIn = old ? rate(sum(old.octets.inbound), sum(view.octets.inbound), seconds) : 0;
  const rateOut = old ? rate(sum(old.octets.outbound), sum(view.octets.outbound), seconds) : 0;
  if (old) extend(series, KEPT_EACH, { at: at / 1000, in: rateIn, out: rateOut });
  const sinceMs = old?.sinceMs ?? Date.parse(view.since);
  return { ...view, sinceMs, rateIn, rateOut, series };
}

/** @returns {Series} */
function emptySeries() {
  return { at: [], in: [], out: [] };
}

/**
 * @param {Series} series
 * @param {number} kept
 * @param {{ readonly at: number, readonly in: number, readonly out: number }} point
 */
function extend(series, kept, point) {
  series.at.push(point.at);
  series.in.push(point.in);
  series.out.push(point.out);
  if (series.at.length <= kept) return;
  series.at.shift();
  series.in.shift();
  series.out.shift();
}

/**
 * @param {number} before
 * @param {number} now
 * @param {number} seconds
 * @returns {number}
 */
function rate(before, now, seconds) {
  return seconds <= 0 ? 0 : Math.max(now - before, 0) / seconds;
}

/**
 * @param {Readonly<Record<string, number>>} before
 * @param {Readonly<Record<string, number>>} now
 * @returns {Record<string, number>}
 */
function grown(before, now) {
  const entries = Object.entries(now);
  return Object.fromEntries(
    entries.map(([name, count]) => [name, Math.max(count - (before[name] ?? 0), 0)]),
  );
}

/**
 * The sum over all kinds of frames.
 *
 * @param {ByKind} kinds
 * @returns {number}
 */
function sum({ ike, esp, keepalive, empty }) {
  return ike + esp + keepalive + empty;
}
