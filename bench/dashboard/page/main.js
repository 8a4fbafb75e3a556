// The bench page: the choices at its top, and the sections that follow from them.

import { byId } from "../../../gateway/dashboard/dom.js";
import { bindThemeSwitch } from "../../../gateway/dashboard/theme_switch.js";
import { createHistory, showCompared } from "./history.js";
import { showInstructions } from "./instructions.js";
import { createSizes, showRivals } from "./ratios.js";
import { bindRecordDialog } from "./record_dialog.js";
import { isOurs, place, runsOf, stageOf, whatOf } from "./records.js";
import { bindRunPanel } from "./run_panel.js";
import { showStages } from "./stages.js";
import { fillSelect } from "./tables.js";
import { timeText } from "./text.js";

/** @typedef {import("./records.js").Run} Run */

/** @type {import("../types.ts").PageData} */
const data = JSON.parse(byId("data", HTMLScriptElement).textContent ?? "");
const runs = runsOf(place(data.files));
const sizes = createSizes();
const past = createHistory();
const select = {
  run: byId("run", HTMLSelectElement),
  what: byId("what", HTMLSelectElement),
  ours: byId("ours", HTMLSelectElement),
  measure: byId("measure", HTMLSelectElement),
  case: byId("case", HTMLSelectElement),
  pastMeasure: byId("past-measure", HTMLSelectElement),
  other: byId("other", HTMLSelectElement),
};

bindRunPanel(data.programs);
bindRecordDialog(runs, data.instructions);
bindThemeSwitch(() => {
  sizes.recolor();
  past.recolor();
});
for (const changed of Object.values(select)) changed.addEventListener("change", showAll);
fillSelect(select.run, runs.map((run) => [run.key, titleOf(run)]));
showInstructions(data.instructions);
showAll();

function showAll() {
  const run = runs.find(({ key }) => key === select.run.value);
  showStages(runs, run);
  if (run === undefined) return;
  byId("setting", HTMLElement).textContent = settingText(run);
  const whole = run.records.filter((record) => stageOf(record) === undefined);
  fillSelect(select.what, unique(whole.map(whatOf)));
  fillSelect(select.ours, unique(whole.map(({ subject }) => subject).filter(isOurs)));
  const choice = { records: whole, what: select.what.value, ours: select.ours.value };
  showRivals(choice);
  sizes.show(choice, select.measure.value);
  showPast(run);
}

/** @param {Run} run */
function showPast(run) {
  const { suite } = run.first;
  fillSelect(select.case, unique(run.records.map((record) => record.case)));
  past.show(runs.filter(({ first }) => first.suite === suite), {
    name: select.case.value,
    ours: select.ours.value,
    measure: select.pastMeasure.value,
  });
  const others = runs.filter((other) => other !== run && other.first.suite === suite);
  fillSelect(select.other, others.map((other) => [other.key, titleOf(other)]));
  showCompared(run, others.find(({ key }) => key === select.other.value));
}

/**
 * @param {Run} run
 * @returns {string} Machine, kernel, runtime, version, commit and time
 */
function settingText({ first, records }) {
  const { machine, kernel, runtime, commit, at } = first;
  const own = records.find(({ subject }) => isOurs(subject))?.version;
  return [machine, kernel, runtime, own, `commit ${commit}`, at].filter(Boolean).join(" · ");
}

/**
 * @param {readonly string[]} names
 * @returns {[string, string][]}
 */
function unique(names) {
  return [...new Set(names)].map((name) => [name, name]);
}

/**
 * @param {Run} run
 * @returns {string}
 */
function titleOf({ first: { at, suite, runtime, commit, file } }) {
  const local = file.startsWith("local/") ? ", this machine's" : "";
  return `${timeText(at)} · ${suite} · ${runtime} · ${commit}${local}`;
}
