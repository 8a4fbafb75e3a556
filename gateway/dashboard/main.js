// Puts the page together: passes what the feed reads to the views, and keys and addresses to what
// they control.

import { drain, giveToken, kick } from "./actions.js";
import { createConnectionPage } from "./connection_page.js";
import { byId, make, setShown, setText } from "./dom.js";
import { createEventsPanel } from "./events_panel.js";
import { followGateway } from "./feed.js";
import { countText } from "./format.js";
import { createGrid } from "./grid.js";
import { COLUMNS } from "./grid_head.js";
import { createHistory } from "./history.js";
import { createLinkView } from "./link_view.js";
import { createOverview } from "./overview.js";
import { bindThemeSwitch } from "./theme_switch.js";

/** @typedef {import("./history.js").Reading} Reading */
/** @typedef {import("./history.js").Row} Row */

const overviewRoot = byId("overview", HTMLElement);
const connectionRoot = byId("connection", HTMLElement);
const filter = byId("filter", HTMLInputElement);
const sort = byId("sort", HTMLSelectElement);

const history = createHistory();
const overview = createOverview();
const events = createEventsPanel();
const page = createConnectionPage((row) => void kick(row));
const grid = createGrid(byId("grid", HTMLElement), {
  onOpen: (row) => void (location.hash = `#/connections/${row.id}`),
  onKick: (row) => void kick(row),
  onCount: showCount,
});

/** @type {Reading | undefined} */
let reading;
/** @type {() => void} */
let tokenGiven = nothing;

const link = createLinkView({ onToken: () => void unlock() });

function nothing() {
  // Replaced while the feed waits for a token.
}

async function unlock() {
  if (await giveToken("The API of this gateway needs its token.")) tokenGiven();
}

/**
 * @param {number} shown
 * @param {number} all
 */
function showCount(shown, all) {
  const text = shown === all ? countText(all) : `${countText(shown)} of ${countText(all)}`;
  setText(byId("shown-count", HTMLElement), text);
  const empty = byId("grid-empty", HTMLElement);
  setShown(empty, shown === 0);
  setText(
    empty,
    all === 0
      ? "No client is connected. A client opens a TCP connection to an address of --listen and " +
        "sends IKETCP. “deno task demo” shows one at work."
      : "No connection matches the filter.",
  );
}

function draw() {
  if (reading === undefined) return;
  if (connectionRoot.hidden) {
    overview.update(reading);
    events.draw();
    grid.update(reading.rows, reading.at);
  } else {
    page.update(reading.rows, reading.at);
  }
  link.update(reading);
}

/** Shows the view that the address names: `#/` or `#/connections/ID`. */
function route() {
  const id = /^#\/connections\/(\d+)$/.exec(location.hash)?.[1];
  const wasConnection = !connectionRoot.hidden;
  setShown(connectionRoot, id !== undefined);
  setShown(overviewRoot, id === undefined);
  if (id === undefined) page.close();
  else page.open(Number(id));
  draw();
  if (id !== undefined) {
    scrollTo({ top: 0 });
    byId("c-title", HTMLElement).focus({ preventScroll: true });
  } else if (wasConnection) grid.focus();
}

function bindKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]")) return;
    const isTyping = event.target instanceof HTMLInputElement;
    if (event.key === "/" && !isTyping && connectionRoot.hidden) {
      event.preventDefault();
      filter.focus();
    }
    if (event.key !== "Escape") return;
    if (!connectionRoot.hidden) location.hash = "#/";
    else if (isTyping) {
      filter.value = "";
      grid.filter("");
      grid.focus();
    }
  });
}

function bindSort() {
  sort.append(...COLUMNS.map(([column, title]) => make("option", { value: column }, title)));
  sort.value = "age";
  sort.addEventListener("change", () => {
    const chosen = COLUMNS.find(([column]) => column === sort.value);
    if (chosen) grid.sort(chosen[0]);
  });
}

bindKeys();
bindSort();
filter.addEventListener("input", () => grid.filter(filter.value));
addEventListener("hashchange", route);
bindThemeSwitch(() => {
  overview.recolor();
  page.recolor();
});
byId("drain", HTMLButtonElement).addEventListener("click", () => {
  void drain(reading?.rows.length ?? 0);
});
route();

await followGateway({
  onSnapshot(snapshot) {
    reading = history.push(snapshot);
    if (reading.hasRestarted) link.restarted();
    draw();
  },
  onHappening: events.add,
  onLink: link.show,
  tokenGiven: () => new Promise((resolve) => void (tokenGiven = resolve, unlock())),
});
