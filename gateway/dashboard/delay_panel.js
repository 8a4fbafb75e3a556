// Shows how long IKE messages stay in the gateway: quantiles, and the buckets as bars.

import { byId, fillList, make, setAttribute, setShown, setText } from "./dom.js";
import { countText, microsText } from "./format.js";
import { quantileBound, usedRange } from "./histogram.js";

/** @typedef {import("./history.js").Reading} Reading */

const QUANTILES = /** @type {const} */ ([["p50", 0.5], ["p90", 0.9], ["p99", 0.99]]);

/** Most bars that can each have a label. With more bars, every other one has one. */
const NAMED_MAX = 7;

/**
 * Shows the last minute, or the time since the start if the last minute had no message.
 *
 * @param {Reading} reading
 */
export function fillDelay({ status, delayLately }) {
  const { bounds, counts } = status.totals.ikeDelaySeconds;
  const isLate = delayLately.some((count) => count > 0);
  const shown = isLate ? delayLately : counts;
  const used = usedRange(shown);
  const empty = byId("delay-empty", HTMLElement);
  setShown(byId("quantiles", HTMLElement), used !== undefined);
  setShown(byId("delay-bars", HTMLElement), used !== undefined);
  setShown(empty, used === undefined);
  if (used === undefined) {
    setText(
      empty,
      "No IKE message has passed yet. IKE needs a daemon behind the gateway (--upstream).",
    );
    setText(byId("delay-when", HTMLElement), "");
    return;
  }
  const passed = countText(shown.reduce((sum, count) => sum + count, 0));
  const when = isLate ? "last minute" : "since the start";
  setText(byId("delay-when", HTMLElement), `${passed} messages, ${when}`);
  fillQuantiles(bounds, shown);
  fillBars(bounds, shown, used);
}

/**
 * @param {readonly number[]} bounds
 * @param {readonly number[]} counts
 */
function fillQuantiles(bounds, counts) {
  fillList(byId("quantiles", HTMLElement), QUANTILES, {
    create: () => make("span", {}, make("span"), make("strong")),
    fill: (element, [name, quantile]) => {
      const [label, value] = element.children;
      if (label) setText(label, name);
      if (value) setText(value, atMost(quantileBound(bounds, counts, quantile), bounds));
    },
  });
}

/**
 * @param {readonly number[]} bounds
 * @param {readonly number[]} counts
 * @param {readonly [number, number]} used
 */
function fillBars(bounds, counts, [first, last]) {
  const bars = byId("delay-bars", HTMLElement);
  const shown = counts.slice(first, last + 1)
    .map((count, i) => ({
      count,
      bucket: first + i,
      isNamed: last - first < NAMED_MAX || i % 2 === 0,
    }));
  const top = Math.max(...shown.map(({ count }) => count));
  const words = shown.filter(({ count }) => count > 0)
    .map(({ count, bucket }) => `${countText(count)} ${atMost(bounds[bucket], bounds)}`);
  setAttribute(bars, "aria-label", `Messages by delay: ${words.join(", ")}`);
  fillList(bars, shown, {
    create: () => make("div", {}, make("span", { class: "bar" }), make("span")),
    fill: (element, { count, bucket, isNamed }) => {
      const [bar, label] = element.children;
      const bound = bounds[bucket];
      if (bar) setAttribute(bar, "data-some", String(count > 0));
      if (bar instanceof HTMLElement) bar.style.blockSize = `${(count / top) * 100}%`;
      if (label) setText(label, isNamed ? boundText(bound) : "");
      setAttribute(element, "title", `${atMost(bound, bounds)}: ${countText(count)}`);
    },
  });
}

/**
 * A bound in few characters: 2.5 ms, not 2.50 ms.
 *
 * @param {number | undefined} seconds
 * @returns {string}
 */
function boundText(seconds) {
  if (seconds === undefined) return "more";
  return microsText(seconds * 1e6).replace(/(\.\d*?)0+ /, "$1 ").replace(". ", " ");
}

/**
 * @param {number | undefined} seconds A bucket's bound; undefined or Infinity for the last bucket
 * @param {readonly number[]} bounds
 * @returns {string}
 */
function atMost(seconds, bounds) {
  if (seconds !== undefined && seconds !== Infinity) return `≤ ${microsText(seconds * 1e6)}`;
  return `> ${microsText((bounds.at(-1) ?? 0) * 1e6)}`;
}
