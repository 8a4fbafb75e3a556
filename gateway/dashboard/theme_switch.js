// The switch between light, dark, and the system's choice. CSS changes the colours of the page;
// canvases are told by `onChange`.

import { byId } from "./dom.js";

const KEY = "culvert.theme";

/**
 * Binds the switch.
 *
 * @param {() => void} onChange Called when colours have changed
 */
export function bindThemeSwitch(onChange) {
  const select = byId("theme", HTMLSelectElement);
  select.value = document.documentElement.dataset["theme"] ?? "system";
  select.addEventListener("change", () => {
    if (select.value === "system") {
      localStorage.removeItem(KEY);
      delete document.documentElement.dataset["theme"];
    } else {
      localStorage.setItem(KEY, select.value);
      document.documentElement.dataset["theme"] = select.value;
    }
    onChange();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", onChange);
}

/**
 * The present value of a colour from the style sheet, for a canvas.
 *
 * @param {string} name `--in`
 * @returns {string}
 */
export function colorOf(name) {
  const probe = byId("color-probe", HTMLElement);
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}
