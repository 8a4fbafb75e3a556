// One case run after run, and all cases of one run beside another.

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
 */

/**
 * One point of the past: a subject in a run, and its figure.
 *
 * @typedef {{ readonly label: string, readonly record: Placed, readonly figure: Figure }} Point
 */

/** @returns {{ show(runs: readonly Run[], choice: { readonly name: string, readonly ours: string, readonly measure: string }): void, recolor(): void }} */
export function createHistory() {
  const plot = createPlot(byId("history-chart", HTMLElement));

  /**
   * @param {readonly Run[]} runs The latest first
   * @param {{ readonly name: string, readonly ours: string, readonly measure: string }} choice
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
    byId("history-hint", HTMLElement).textContent = `${view.title}, run after run. ${view.hint}`;
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
 * A case run after run, the earliest first: every subject, or ours over each rival of the same run.
 * Runs that say nothing of it are left out.
 *
 * @param {readonly Run[]} runs The latest first
 * @param {{ readonly name: string, readonly ours: string, readonly measure: string }} choice
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
 * Runs of different places are lines of their own.
 *
 * @param {Placed} record
 * @returns {string}
 */
function placeOf({ runtime, machine }) {
  return `${runtime}, ${machine}`;
}

/**
 * Shows how our subjects of a run stand to another run.
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
    hint.textContent = "There is no other run with a case of this one.";
    return;
  }
  hint.textContent = `${other.first.runtime} of ${
    timeText(other.first.at)
  }, ${other.first.commit}, is the other. It is a change where the two spreads lie apart.`;
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
