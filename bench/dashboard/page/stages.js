// The section of stages: what each stage of its way costs a packet, as bars of one scale and as
// figures.

import { byId, make, setShown } from "../../../gateway/dashboard/dom.js";
import { secondsText } from "../../lib/numbers.ts";
import { STAGES } from "../../path/stages/stage.ts";
import { eachOf, stageOf } from "./records.js";
import { colorName, figureCell, fillKeys, fillTable, lineStyle, sumCell } from "./tables.js";
import { timeText } from "./text.js";

/**
 * @typedef {import("./records.js").Placed} Placed
 * @typedef {import("./records.js").Run} Run
 * @typedef {{
 *   readonly path: string,
 *   readonly subject: string,
 *   readonly total: number,
 *   readonly of: ReadonlyMap<string, Placed>,
 * }} Way A path of one subject, and its stages
 */

/**
 * Groups records of stages by path and subject.
 *
 * @param {readonly Placed[]} records
 * @returns {Way[]}
 */
export function waysOf(records) {
  const found = records.flatMap((record) => {
    const parts = stageOf(record);
    return parts === undefined ? [] : [{ ...parts, record }];
  });
  const groups = Map.groupBy(found, ({ path, record }) => `${path}|${record.subject}`);
  return [...groups.values()].flatMap((of) => {
    const [first] = of;
    if (first === undefined) return [];
    return [{
      path: first.path,
      subject: first.record.subject,
      total: of.reduce((sum, { record }) => sum + record.median, 0),
      of: new Map(of.map(({ stage, record }) => [stage, record])),
    }];
  });
}

/**
 * Shows the stages of the chosen run, or of the latest run that has some.
 *
 * @param {readonly Run[]} runs The latest first
 * @param {Run | undefined} chosen
 */
export function showStages(runs, chosen) {
  const hasStages = (/** @type {Run} */ { records }) => records.some((record) => stageOf(record));
  const run = chosen !== undefined && hasStages(chosen) ? chosen : runs.find(hasStages);
  setShown(byId("stages-empty", HTMLElement), run === undefined);
  setShown(byId("stages-scroll", HTMLElement), run !== undefined);
  setShown(byId("stages-bars", HTMLElement), run !== undefined);
  if (run === undefined) return;
  const ways = waysOf(run.records);
  const stages = STAGES.filter((stage) => ways.some(({ of }) => of.has(stage)));
  const { commit, at, runtime, machine } = run.first;
  byId("stages-when", HTMLElement).textContent = `processor time of one packet · ${
    run === chosen ? "this run" : "from the latest run that has stages, not this one"
  } · ${timeText(at)}, ${commit}, ${runtime}, ${machine}`;
  fillKeys("stages-keys", stages);
  showBars(ways, stages);
  const rows = ways.map(({ path, subject, total, of }) => [
    path,
    subject,
    ...stages.map((stage) => {
      const record = of.get(stage);
      return record === undefined ? null : figureCell(record, eachOf(record), secondsText);
    }),
    sumCell(secondsText(total)),
  ]);
  fillTable("stages", ["Path", "Subject", ...stages, "All stages"], rows);
}

/**
 * @param {readonly Way[]} ways
 * @param {readonly string[]} stages
 */
function showBars(ways, stages) {
  const longest = Math.max(...ways.map(({ total }) => total));
  const subjects = new Set(ways.map(({ subject }) => subject));
  const bars = ways.flatMap(({ path, subject, of }) => {
    const parts = stages.map((stage, index) => {
      const { isDashed } = lineStyle(index);
      const part = make("span", { title: stage, class: isDashed ? "dashed" : "" });
      part.style.inlineSize = `${100 * (of.get(stage)?.median ?? 0) / longest}%`;
      part.style.backgroundColor = `var(${colorName(index)})`;
      return part;
    });
    const label = subjects.size > 1 ? `${path}, ${subject}` : path;
    return [make("span", { class: "small" }, label), make("span", { class: "bar" }, ...parts)];
  });
  byId("stages-bars", HTMLElement).replaceChildren(...bars);
}
