// The switch between light, dark, and what the system says. Colours follow by CSS; what is drawn on a canvas is told.

import { byId } from "./dom.js";

const KEY = "culvert.theme";

/**
 * Binds the switch.
 *
 * @param {() => void} onChange When colours have changed
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
 * A colour of the style sheet as it is now, for a canvas.
 *
 * @param {string} name `--in`
 * @returns {string}
 */
export function colorOf(name) {
  const probe = byId("color-probe", HTMLElement);
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}
