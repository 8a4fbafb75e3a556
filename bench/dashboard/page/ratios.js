// Two sections of the page: a run in short (how many times as fast as each rival ours is), and one
// kind of case over packet sizes, as chart and table.

import { byId, make } from "../../../gateway/dashboard/dom.js";
import { countText } from "../../../gateway/dashboard/format.js";
import { rateText, secondsText } from "../../lib/numbers.ts";
import { createPlot } from "./plot.js";
import {
  anchorOf,
  cpuOf,
  eachOf,
  figureOf,
  isAmount,
  isOurs,
  isRoundTrip,
  isTime,
  ratioOf,
  versionsOf,
  whatOf,
} from "./records.js";
import { figureCell, fillKeys, fillTable, lineStyle } from "./tables.js";
import { ratioText } from "./text.js";

/**
 * @typedef {import("./records.js").Placed} Placed
 * @typedef {import("./records.js").Figure} Figure
 * @typedef {{
 *   readonly records: readonly Placed[],
 *   readonly what: string,
 *   readonly ours: string,
 * }} Choice
 */

/** @param {Choice} choice */
export function showRivals({ records, what, ours }) {
  const versions = versionsOf(records);
  const rows = records.filter((record) => whatOf(record) === what);
  const tiles = rivalsOf(rows, ours).map((rival) => {
    const pairs = pairsOf(rows, ours, rival).sort((a, b) => a.ratio.value - b.ratio.value);
    const middle = pairs[Math.floor(pairs.length / 2)];
    const [least, most] = [pairs[0], pairs.at(-1)];
    if (middle === undefined || least === undefined || most === undefined) return "";
    const link = (/** @type {typeof middle} */ { record, ratio }) =>
      make("a", { href: anchorOf(record) }, ratioText(ratio.value));
    return make(
      "div",
      {},
      make("dt", {}, rival),
      make("dd", { class: "version" }, versions.get(rival) ?? "version not kept"),
      make("dd", { class: "value" }, link(middle)),
      ...(pairs.length > 1 ? [make("dd", {}, link(least), " to ", link(most))] : []),
    );
  });
  byId("rivals", HTMLDListElement).replaceChildren(...tiles);
  byId("rivals", HTMLDListElement).hidden = tiles.length === 0;
  byId("rivals-hint", HTMLElement).textContent = tiles.length === 0
    ? "This run measured no rival in this case."
    : `How many times as fast as each rival ${ours} is at ${what}. ` +
      "The large number is the middle over packet sizes, the small ones the least and the most.";
}

/** @returns {{ show(choice: Choice, measure: string): void, recolor(): void }} */
export function createSizes() {
  const plot = createPlot(byId("sizes-chart", HTMLElement));

  /**
   * @param {Choice} choice
   * @param {string} asked
   */
  function show({ records, what, ours }, asked) {
    const rows = records.filter((record) => whatOf(record) === what);
    const sizes = [...new Set(rows.map(({ octets }) => octets))].sort((a, b) => a - b);
    const rivals = rivalsOf(rows, ours);
    const measure = asked === "ratio" && rivals.length === 0 ? "rate" : asked;
    const isRatio = measure === "ratio";
    const subjects = isRatio ? rivals : [...new Set(rows.map(({ subject }) => subject))];
    const view = viewOf(measure, rows[0]);
    const find = (/** @type {string} */ subject, /** @type {number} */ octets) =>
      rows.find((record) => record.subject === subject && record.octets === octets);
    /** @type {(subject: string, octets: number) => { record: Placed, figure: Figure } | null} */
    const figureAt = (subject, octets) => {
      const record = find(subject, octets);
      const own = find(ours, octets);
      if (record === undefined || (isRatio && own === undefined)) return null;
      const figure = isRatio && own !== undefined ? ratioOf(own, record) : view.figure(record);
      return figure === null ? null : { record, figure };
    };
    const lines = subjects.map((label, index) => ({
      label,
      ...lineStyle(index),
      figures: sizes.map((octets) => figureAt(label, octets)?.figure ?? null),
    }));
    plot.show({
      ...{ xs: sizes, isSizes: sizes[0] !== 0, lines },
      ...{ xText: countText, yText: view.text },
    });
    fillKeys("sizes-keys", subjects);
    const own = viewOf("rate", rows[0]);
    const figures = sizes.map((octets) => {
      const mine = isRatio ? find(ours, octets) : undefined;
      return [
        countText(octets),
        ...subjects.map((subject) => {
          const found = figureAt(subject, octets);
          return found === null ? null : figureCell(found.record, found.figure, view.text);
        }),
        ...(mine === undefined ? [] : [figureCell(mine, figureOf(mine), own.text)]),
      ];
    });
    fillTable("sizes", titlesOf({ isRatio, ours, subjects, own: own.title }), figures);
    byId("sizes-hint", HTMLElement).textContent = `${view.title}. ${view.hint}`;
  }

  return { show, recolor: plot.recolor };
}

const SPREAD_HINT = "Medians. Whiskers and small figures are the 10th and the 90th percentile.";
const RATIO_HINT =
  "Above 1 ours is faster. The ratio is the median over the rounds of a run, with p10 and p90. " +
  "For older records and rivals with fewer samples it is the ratio of medians. The spread then " +
  "goes from our slow tenth over the rival's fast tenth to the reverse.";

/**
 * How a measure is taken from a record and how it is written. Cases for which a rate would mean
 * nothing always show a time.
 *
 * @param {string} measure
 * @param {Placed | undefined} sample One of the records that are shown
 * @returns {{
 *   title: string,
 *   hint: string,
 *   figure: (record: Placed) => Figure | null,
 *   text: (value: number) => string,
 * }}
 */
export function viewOf(measure, sample) {
  const unit = sample?.unit ?? "octets/s";
  const rate = (/** @type {number} */ value) => rateText(value, unit);
  if (measure === "ratio") {
    return { title: "Times as fast", hint: RATIO_HINT, figure: figureOf, text: ratioText };
  }
  if (measure === "cpu") {
    const hint = "Medians. Records do not keep the spread of processor time.";
    return { title: "Processor time of one packet", hint, figure: cpuOf, text: secondsText };
  }
  if (sample !== undefined && isAmount(sample)) {
    return { title: AMOUNTS[unit] ?? "Amount", hint: SPREAD_HINT, figure: figureOf, text: rate };
  }
  if (measure === "each" || (sample !== undefined && isTime(sample))) {
    const isTrip = sample !== undefined && isRoundTrip(sample);
    const title = isTrip ? "Round trip" : "Time of one packet";
    return { title, hint: SPREAD_HINT, figure: eachOf, text: secondsText };
  }
  return { title: "Rate", hint: SPREAD_HINT, figure: figureOf, text: rate };
}

/** @type {Readonly<Record<string, string>>} */
const AMOUNTS = { octets: "Memory", share: "Share of one processor", t: "Welch's |t|" };

/**
 * @param {{ isRatio: boolean, ours: string, subjects: readonly string[], own: string }} columns
 * @returns {string[]}
 */
function titlesOf({ isRatio, ours, subjects, own }) {
  if (!isRatio) return ["Octets", ...subjects];
  return ["Octets", ...subjects.map((rival) => `over ${rival}`), `${ours}, ${own.toLowerCase()}`];
}

/**
 * @param {readonly Placed[]} records
 * @param {string} ours
 * @returns {string[]}
 */
export function rivalsOf(records, ours) {
  const compared = new Set(
    records.filter(({ subject }) => subject === ours).map((record) => record.case),
  );
  const subjects = records.filter((record) => compared.has(record.case) && !isOurs(record.subject));
  return [...new Set(subjects.map(({ subject }) => subject))];
}

/**
 * @param {readonly Placed[]} records
 * @param {string} ours
 * @param {string} rival
 * @returns {{ readonly record: Placed, readonly ratio: Figure }[]}
 */
function pairsOf(records, ours, rival) {
  const own = new Map(
    records.filter(({ subject }) => subject === ours).map((record) => [record.case, record]),
  );
  return records.flatMap((record) => {
    const mine = own.get(record.case);
    if (record.subject !== rival || mine === undefined) return [];
    return [{ record, ratio: ratioOf(mine, record) }];
  });
}
