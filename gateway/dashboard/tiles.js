// A row of large numbers, each with its name and a line of detail.

import { fillList, make, setText } from "./dom.js";

/** @typedef {{ readonly name: string, readonly value: string, readonly more: string }} Tile */

/**
 * @param {HTMLElement} list A `dl`
 * @param {readonly Tile[]} tiles
 */
export function fillTiles(list, tiles) {
  fillList(list, tiles, {
    create: () => make("div", {}, make("dt"), make("dd", { class: "value" }), make("dd")),
    fill: (element, { name, value, more }) => {
      const [term, large, small] = element.children;
      if (term) setText(term, name);
      if (large) setText(large, value);
      if (small) setText(small, more);
    },
  });
}
