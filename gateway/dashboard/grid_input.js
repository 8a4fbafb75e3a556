// Keyboard and pointer input of the table of connections.

import { rowHeightOf } from "./dom.js";

/** @typedef {import("./grid_state.js").GridState} GridState */

/**
 * Binds the keys: arrows, Page, Home and End choose a row, Enter opens it, Delete closes its
 * connection.
 *
 * @param {GridState} state
 * @param {(index: number) => void} activate
 */
export function bindKeys(state, activate) {
  state.root.addEventListener("keydown", (event) => {
    if (event.target !== state.root || event.ctrlKey || event.metaKey || event.altKey) return;
    const run = actionOf(state, activate, event.key);
    if (run === undefined) return;
    event.preventDefault();
    run();
  });
}

/**
 * Binds the pointer: a click opens a row, and a click on its button closes its connection. The end
 * of a text selection is not a click.
 *
 * @param {GridState} state
 */
export function bindPointer(state) {
  state.body.addEventListener("click", ({ target }) => {
    if (!(target instanceof Element)) return;
    const id = Number(target.closest("[data-id]")?.getAttribute("data-id"));
    const row = state.rows.find((candidate) => candidate.id === id);
    if (row === undefined) return;
    state.activeId = row.id;
    if (target.closest(".kick")) state.handlers.onKick(row);
    else if (getSelection()?.isCollapsed !== false) state.handlers.onOpen(row);
  });
}

/**
 * @param {GridState} state
 * @param {(index: number) => void} activate
 * @param {string} key
 * @returns {(() => void) | undefined}
 */
function actionOf({ root, rows, activeId, handlers }, activate, key) {
  const at = rows.findIndex(({ id }) => id === activeId);
  const row = rows[at];
  const page = Math.max(Math.floor(innerHeight / rowHeightOf(root)) - 2, 1);
  switch (key) {
    case "ArrowDown":
      return () => activate(at + 1);
    case "ArrowUp":
      return () => activate(at - 1);
    case "PageDown":
      return () => activate(at + page);
    case "PageUp":
      return () => activate(at - page);
    case "Home":
      return () => activate(0);
    case "End":
      return () => activate(rows.length - 1);
    case "Enter":
      return row && (() => handlers.onOpen(row));
    case "Delete":
      return row && (() => handlers.onKick(row));
    default:
      return undefined;
  }
}
