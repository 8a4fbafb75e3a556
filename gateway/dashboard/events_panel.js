// The latest events, newest first.

import { byId, fillList, hide, make, setText, show } from "./dom.js";
import { wordsText } from "./format.js";

/** @typedef {import("./feed.js").Happening} Happening */

const KEPT = 50;

/** Members of an event that are shown, in this order. */
const SHOWN = [
  "status",
  "got",
  "upstream",
  "reason",
  "remote",
  "sa",
  "spi",
  "peer",
  "direction",
  "count",
  "suppressed",
];

/**
 * Binds the list of events.
 *
 * @returns {{ add(happening: Happening): void, draw(): void }}
 */
export function createEventsPanel() {
  /** @type {Happening[]} */
  const kept = [];
  let isDrawn = true;
  return {
    add(happening) {
      kept.unshift(happening);
      if (kept.length > KEPT) kept.pop();
      isDrawn = false;
    },
    /**
     * Called once per second at most, so that a thousand clients that come at once are drawn once.
     */
    draw() {
      if (isDrawn) return;
      isDrawn = true;
      hide(byId("events-empty", HTMLElement));
      show(byId("events", HTMLElement));
      fillList(byId("events", HTMLElement), kept, { create: createItem, fill: fillItem });
    },
  };
}

/** @returns {HTMLLIElement} */
function createItem() {
  return make("li", {}, make("time"), make("span"), make("span", { class: "fields" }));
}

/**
 * @param {HTMLLIElement} item
 * @param {Happening} happening
 */
function fillItem(item, { name, at, fields }) {
  const [time, title, more] = item.children;
  const words = SHOWN.filter((key) => fields[key] !== undefined)
    .map((key) => key === "count" || key === "suppressed" ? `${fields[key]} ${key}` : fields[key]);
  if (time instanceof HTMLTimeElement) {
    time.dateTime = at;
    setText(time, new Date(at).toTimeString().slice(0, 8));
  }
  if (title) setText(title, wordsText(name));
  if (more) setText(more, words.join(" "));
}
