// The panel that starts a bench on the local server and then asks for its progress once a second.

import { byId, make, setShown, setText, show } from "../../../gateway/dashboard/dom.js";

/**
 * @typedef {import("../types.ts").RunState} RunState
 * @typedef {import("../types.ts").PageData["programs"]} Programs
 */

const PERIOD_MS = 1000;

/** @param {Programs} programs Empty on a page without a server */
export function bindRunPanel(programs) {
  if (programs.length === 0) return;
  const select = byId("program", HTMLSelectElement);
  select.append(...programs.map(({ id, title }) => make("option", { value: id }, title)));
  const showCommand = () => {
    const program = programs.find(({ id }) => id === select.value);
    byId("program-command", HTMLElement).textContent = program?.command ?? "";
  };
  select.addEventListener("change", showCommand);
  showCommand();
  show(byId("runner", HTMLElement));
  const start = () => follow(programs, { path: `run/${select.value}`, init: { method: "POST" } });
  byId("start", HTMLButtonElement).addEventListener("click", () => void start());
  byId("stop", HTMLButtonElement).addEventListener("click", () => {
    void ask({ path: "run/stop", init: { method: "POST" } });
  });
  // A run may have begun before this page was opened.
  void follow(programs, { path: "run" });
}

/** @typedef {{ readonly path: string, readonly init?: RequestInit }} Call */

/**
 * Makes a call and follows the run that it started. When the run ends, the page is loaded again
 * with the new records.
 *
 * @param {Programs} programs
 * @param {Call} first
 */
async function follow(programs, first) {
  let progress = await ask(first);
  let wasRunning = false;
  while (progress?.state === "running") {
    wasRunning = true;
    showProgress(programs, progress);
    await new Promise((resolve) => setTimeout(resolve, PERIOD_MS));
    progress = await ask({ path: "run" });
  }
  if (progress === undefined) return;
  showProgress(programs, progress);
  if (wasRunning && progress.records > 0) location.reload();
}

/**
 * @param {Call} call
 * @returns {Promise<RunState | undefined>} `undefined` if there is no answer; the page then says so
 */
async function ask({ path, init = {} }) {
  try {
    const response = await fetch(path, init);
    if (response.ok) return await response.json();
    complain((await response.json()).detail);
  } catch (error) {
    complain(error instanceof Error ? `The server does not answer: ${error.message}` : "");
  }
  return undefined;
}

/** @param {string} text */
function complain(text) {
  show(byId("progress-box", HTMLElement));
  setText(byId("progress-text", HTMLElement), text);
}

/**
 * @param {Programs} programs
 * @param {RunState} progress
 */
function showProgress(programs, progress) {
  const { state, program, cases, casesDone, records, latest, complaints } = progress;
  const isRunning = state === "running";
  byId("start", HTMLButtonElement).disabled = isRunning;
  byId("stop", HTMLButtonElement).disabled = !isRunning;
  setShown(byId("progress-box", HTMLElement), state !== "idle");
  const title = programs.find(({ id }) => id === program)?.title ?? "";
  const of = cases === null ? "" : ` of ${cases}`;
  const at = latest === null ? "" : `, ${latest}`;
  setText(
    byId("progress-text", HTMLElement),
    `${title}: ${state}, ${casesDone}${of} cases, ${records} records${at}`,
  );
  const bar = byId("progress", HTMLProgressElement);
  if (cases !== null) {
    bar.max = cases;
    bar.value = casesDone;
  } else if (isRunning) bar.removeAttribute("value");
  else bar.value = bar.max;
  const box = byId("complaints", HTMLElement);
  setShown(box, complaints.length > 0);
  setText(box, complaints.join("\n"));
}
