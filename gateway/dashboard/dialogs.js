// Questions to the operator: is it meant, and with which token. Answers that change the gateway are asked for twice, once here.

import { byId, hide, show } from "./dom.js";

/**
 * Asks before something is done that cannot be undone.
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
 * @param {string} text Why
 * @returns {Promise<string | undefined>} Undefined if none was given
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
 * What settles the showing of a dialog.
 *
 * @type {WeakMap<HTMLDialogElement, () => void>}
 */
const showings = new WeakMap();

/**
 * Shows a dialog until it is answered.
 *
 * That it has closed is told by a task of its own, before which keys may show it again: the event of the showing before must not answer this one.
 *
 * @param {HTMLDialogElement} dialog
 * @returns {Promise<string>} The value of its button; empty without one
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
