// The dialog that shows the record behind a number, and the command that made it. The fragment of
// the page's address says which record.

import { byId } from "../../../gateway/dashboard/dom.js";
import { instructionsAnchor } from "./instructions.js";
import { anchorOf, commandOf } from "./records.js";

/**
 * @typedef {import("./records.js").Run} Run
 * @typedef {import("../types.ts").Instructions} Instructions
 *
 * @typedef {object} Source
 * @property {string} title
 * @property {string} file
 * @property {string} place In the file
 * @property {object} json
 * @property {string} command
 * @property {boolean} isGuess
 * @property {string} commit
 */

/**
 * Opens the record that the address names, now and whenever the address changes.
 *
 * @param {readonly Run[]} runs
 * @param {Instructions | null} instructions
 */
export function bindRecordDialog(runs, instructions) {
  const dialog = byId("record", HTMLDialogElement);
  dialog.addEventListener("close", () => {
    history.replaceState(null, "", location.pathname + location.search);
  });
  const open = () => {
    const source = sourceOf(location.hash, runs, instructions);
    if (source === undefined) return;
    fill(source);
    if (!dialog.open) dialog.showModal();
  };
  addEventListener("hashchange", open);
  open();
}

/**
 * @param {string} anchor
 * @param {readonly Run[]} runs
 * @param {Instructions | null} instructions
 * @returns {Source | undefined}
 */
export function sourceOf(anchor, runs, instructions) {
  for (const run of runs) {
    const record = run.records.find((record) => anchorOf(record) === anchor);
    if (record === undefined) continue;
    const { file, line, ...json } = record;
    const title = `${record.case}, ${record.subject}`;
    const commit = commitText(record.commit);
    return { title, file, place: `line ${line}`, json, commit, ...commandOf(record, run.records) };
  }
  if (instructions === null) return undefined;
  const { counts, ...setting } = instructions;
  const name = Object.keys(counts).find((name) => instructionsAnchor(name) === anchor);
  if (name === undefined) return undefined;
  return {
    title: name,
    file: "instructions.json",
    place: JSON.stringify(name),
    json: { ...setting, [name]: counts[name] },
    command: "deno task bench:instructions --write",
    isGuess: false,
    commit: "",
  };
}

/** @param {Source} source */
function fill({ title, file, place, json, command, isGuess, commit }) {
  byId("record-title", HTMLElement).textContent = title;
  const link = byId("record-file", HTMLAnchorElement);
  link.href = file;
  link.textContent = `${file}, ${place}`;
  byId("record-json", HTMLElement).textContent = JSON.stringify(json, null, 1);
  byId("record-command", HTMLElement).textContent = command;
  byId("record-made", HTMLElement).textContent = isGuess ? GUESS : "Made by";
  byId("record-commit", HTMLElement).textContent = commit;
}

const GUESS =
  "Made by a command like this one. It is a guess, because older records do not hold their command";

/**
 * @param {string} commit
 * @returns {string}
 */
function commitText(commit) {
  if (commit === "unknown") return "of an unknown commit";
  return commit.endsWith("+")
    ? `at commit ${commit.slice(0, -1)}, with changes that were not committed`
    : `at commit ${commit}`;
}
