// Questions to the operator: for confirmation, and for the token. Nothing changes the gateway
// without a confirmation here.

import { byId, hide, show } from "./dom.js";

/**
 * Asks for confirmation of something that cannot be undone.
 *
 * @param {{ readonly title: string, readonly text: string, readonly action: string }} question
 * @returns {Promise<boolean>}
 */
export async function confirmAction({ title, text, action }) {
  const dialog = byId("confirm", HTMLDialogElement);
  byId("confirm-title", HTMLElement).textContent = title;
  byId("confirm-text", HTMLElement).textContent = text;
  byId("confirm-yes", HTMLElement).textContent = action;
  return (await ask(dialog)) === "yes";
}

/**
 * Asks for the bearer token.
 *
 * @param {string} text Why it is needed
 * @returns {Promise<string | undefined>} Undefined if no token was given
 */
export async function askToken(text) {
  const dialog = byId("token", HTMLDialogElement);
  const input = byId("token-input", HTMLInputElement);
  byId("token-text", HTMLElement).textContent = text;
  byId("token-cancel", HTMLElement).onclick = () => dialog.close("");
  const answer = await ask(dialog);
  const token = input.value.trim();
  input.value = "";
  return answer === "yes" && token !== "" ? token : undefined;
}

/**
 * Functions that settle the dialogs being shown.
 *
 * @type {WeakMap<HTMLDialogElement, () => void>}
 */
const showings = new WeakMap();

/**
 * Shows a dialog until it is answered.
 *
 * The browser reports a closed dialog in a task of its own, and a key may show the dialog again
 * before it. The event for the earlier showing must not answer this one.
 *
 * @param {HTMLDialogElement} dialog
 * @returns {Promise<string>} The value of the chosen button; empty if there was none
 */
function ask(dialog) {
  showings.get(dialog)?.();
  return new Promise((resolve) => {
    const settle = () => {
      showings.delete(dialog);
      dialog.removeEventListener("close", onClose);
      resolve(dialog.returnValue);
    };
    const onClose = () => {
      if (!dialog.open) settle();
    };
    showings.set(dialog, settle);
    dialog.addEventListener("close", onClose);
    dialog.returnValue = "";
    dialog.showModal();
  });
}

const TOAST_MS = 5000;

/** @type {number | undefined} */
let toastTimer;

/**
 * Shows the outcome of an action for a few seconds.
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
