// Questions to the operator: is it meant, and with which token. Answers that change the gateway are asked for twice, once here.

import { byId, hide, show } from "./dom.js";

/**
 * Asks before something is done that cannot be undone.
 *
 * @param {{ readonly title: string, readonly text: string, readonly action: string }} question
 * @returns {Promise<boolean>}
 */
export function confirmAction({ title, text, action }) {
  const dialog = byId("confirm", HTMLDialogElement);
  byId("confirm-title", HTMLElement).textContent = title;
  byId("confirm-text", HTMLElement).textContent = text;
  byId("confirm-yes", HTMLElement).textContent = action;
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    dialog.returnValue = "";
    dialog.showModal();
  });
}

/**
 * Asks for the bearer token.
 *
 * @param {string} text Why
 * @returns {Promise<string | undefined>} Undefined if none was given
 */
export function askToken(text) {
  const dialog = byId("token", HTMLDialogElement);
  const input = byId("token-input", HTMLInputElement);
  byId("token-text", HTMLElement).textContent = text;
  byId("token-cancel", HTMLElement).onclick = () => dialog.close("");
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const token = input.value.trim();
      input.value = "";
      resolve(dialog.returnValue === "yes" && token !== "" ? token : undefined);
    }, { once: true });
    dialog.returnValue = "";
    dialog.showModal();
  });
}

const TOAST_MS = 5000;

/** @type {number | undefined} */
let toastTimer;

/**
 * Says in passing what came of an action.
 *
 * @param {string} text
 */
export function showToast(text) {
  const toast = byId("toast", HTMLElement);
  toast.textContent = text;
  show(toast);
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => hide(toast), TOAST_MS);
}
