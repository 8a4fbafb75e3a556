// Two sections of the page: one case over all runs, and all cases of one run beside another run.

import { byId, make } from "../../../gateway/dashboard/dom.js";
import { rateText, secondsText } from "../../lib/numbers.ts";
import { createPlot } from "./plot.js";
import { viewOf } from "./ratios.js";
import { anchorOf, changeOf, eachOf, figureOf, isAmount, isOurs, ratioOf } from "./records.js";
import { figureCell, fillKeys, fillTable, lineStyle } from "./tables.js";
import { ratioText, timeText } from "./text.js";

/**
 * @typedef {import("./records.js").Placed} Placed
 * @typedef {import("./records.js").Run} Run
 * @typedef {import("./records.js").Figure} Figure
 * @typedef {{ readonly name: string, readonly ours: string, readonly measure: string }} Choice
 */

/**
 * One point in the history of a case: the figure of one subject in one run.
 *
 * @typedef {{ readonly label: string, readonly record: Placed, readonly figure: Figure }} Point
 */

/**
 * @returns {{
 *   show(runs: readonly Run[], choice: Choice): void,
 *   recolor(): void,
 * }}
 */
export function createHistory() {
  const plot = createPlot(byId("history-chart", HTMLElement));

  /**
   * @param {readonly Run[]} runs The latest first
   * @param {Choice} choice
   */
  function show(runs, choice) {
    const compared = choice.measure === "ratio" ? pastOf(runs, choice) : [];
    const isRatio = compared.length > 0;
    const steps = isRatio ? compared : pastOf(runs, { ...choice, measure: "figure" });
    const points = steps.flatMap(({ points }) => points);
    const view = viewOf(isRatio ? "ratio" : "rate", points[0]?.record);
    const labels = [...new Set(points.map(({ label }) => label))];
    const lines = labels.map((label, index) => ({
      label,
      ...lineStyle(index),
      figures: steps.map(({ points }) =>
        points.find((point) => point.label === label)?.figure ?? null
      ),
    }));
    plot.show({
      ...{ xs: steps.map((_, index) => index), isSizes: false, lines },
      xText: (x) => steps[x]?.run.first.commit ?? "",
      yText: view.text,
    });
    fillKeys("history-keys", labels);
    byId("history-hint", HTMLElement).textContent = `${view.title}, run by run. ${view.hint}`;
    const rows = steps.toReversed().flatMap(({ points }) =>
      points.map(({ record, figure }) => [
        timeText(record.at),
        record.commit,
        record.subject,
        record.version ?? "not kept",
        [record.runtime, record.machine, record.kernel].filter(Boolean).join(", "),
        figureCell(record, figure, view.text),
      ])
    );
    const last = isRatio ? `${choice.ours} over it` : view.title;
    fillTable("history", ["At (UTC)", "Commit", "Subject", "Version", "On", last], rows);
  }

  return { show, recolor: plot.recolor };
}

/**
 * A case over all runs, the earliest first: the figures of every subject, or the ratios of ours
 * over each rival of the same run. Runs without this case are left out.
 *
 * @param {readonly Run[]} runs The latest first
 * @param {Choice} choice
 * @returns {{ readonly run: Run, readonly points: readonly Point[] }[]}
 */
export function pastOf(runs, { name, ours, measure }) {
  const places = new Set(
    runs.flatMap(({ records }) => records.filter((record) => record.case === name).map(placeOf)),
  );
  const labelOf = (/** @type {Placed} */ record) =>
    places.size > 1 ? `${record.subject}, ${placeOf(record)}` : record.subject;
  return runs.toReversed().flatMap((run) => {
    const records = run.records.filter((record) => record.case === name);
    const own = records.find(({ subject }) => subject === ours);
    const points = records.flatMap((record) => {
      const label = labelOf(record);
      if (measure !== "ratio") return [{ label, record, figure: figureOf(record) }];
      if (own === undefined || isOurs(record.subject)) return [];
      return [{ label, record, figure: ratioOf(own, record) }];
    });
    return points.length === 0 ? [] : [{ run, points }];
  });
}

/**
 * Runtime and machine of a record. Runs that differ in either are drawn as separate lines.
 *
 * @param {Placed} record
 * @returns {string}
 */
function placeOf({ runtime, machine }) {
  return `${runtime}, ${machine}`;
}

/**
 * Compares our subjects in a run with the same subjects in another run.
 *
 * @param {Run} run
 * @param {Run | undefined} other
 */
export function showCompared(run, other) {
  const hint = byId("compare-hint", HTMLElement);
  const before = new Map(other?.records.map((record) => [keyOf(record), record]));
  const pairs = run.records.flatMap((record) => {
    const earlier = before.get(keyOf(record));
    return earlier === undefined || !isOurs(record.subject) ? [] : [{ record, earlier }];
  });
  byId("compare-scroll", HTMLElement).hidden = pairs.length === 0;
  if (other === undefined || pairs.length === 0) {
    hint.textContent = "No other run has a case in common with this one.";
    return;
  }
  const { runtime, at, commit } = other.first;
  hint.textContent = `The other run is ${runtime} of ${timeText(at)}, ${commit}. ` +
    "A difference counts as a change where the two spreads do not overlap.";
  const rows = pairs.map(({ record, earlier }) => {
    const { ratio, verdict } = changeOf(record, earlier);
    const cell = make(
      "td",
      verdictAttributes(verdict),
      make("a", { href: anchorOf(record) }, ratioText(ratio)),
      make("span", { class: "spread" }, verdict),
    );
    const text = isAmount(record)
      ? (/** @type {number} */ value) => rateText(value, record.unit)
      : secondsText;
    return [
      record.case,
      record.subject,
      cell,
      figureCell(record, eachOf(record), text),
      figureCell(earlier, eachOf(earlier), text),
    ];
  });
  fillTable("compare", ["Case", "Subject", "Change", "This run", "Other run"], rows);
}

/**
 * @param {string} verdict
 * @returns {Record<string, string>}
 */
function verdictAttributes(verdict) {
  if (verdict === "faster" || verdict === "smaller") return { class: "better" };
  return verdict === "slower" || verdict === "larger" ? { class: "worse" } : {};
}

/**
 * @param {Placed} record
 * @returns {string}
 */
function keyOf(record) {
  return `${record.case}|${record.subject}`;
}
