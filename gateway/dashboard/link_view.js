// Shows whether there is a gateway, and its state: the mark in the bar, the banner below it, and
// the dimming of the page. Old numbers of a gateway that is gone must not look current.

import { showToast } from "./dialogs.js";
import { byId, setAttribute, setShown, setText } from "./dom.js";
import { countText, durationText } from "./format.js";

/** @typedef {import("./feed.js").Link} Link */
/** @typedef {import("./history.js").Reading} Reading */

/**
 * Binds the mark and the banner.
 *
 * @param {{ readonly onToken: () => void }} handlers
 * @returns {{ show(link: Link): void, update(reading: Reading): void, restarted(): void }}
 */
export function createLinkView({ onToken }) {
  /** @type {Link | undefined} */
  let link;
  /** @type {Reading | undefined} */
  let last;
  byId("banner-button", HTMLElement).addEventListener("click", onToken);

  function draw() {
    if (link === undefined) return;
    const isDraining = link.kind === "live" && last?.status.draining === true;
    const kind = isDraining ? "draining" : link.kind;
    document.documentElement.dataset["link"] = kind;
    setAttribute(byId("link", HTMLElement), "data-kind", kind);
    setText(byId("link-text", HTMLElement), MARKS[kind]);
    byId("drain", HTMLButtonElement).disabled = kind !== "live" || last === undefined;
    setShown(byId("banner-button", HTMLElement), kind === "locked");
    showBanner(kind, bannerText(link, last));
  }

  setInterval(draw, 1000);
  return {
    show(next) {
      const isBack = link?.kind === "gone" && next.kind === "live";
      link = next;
      draw();
      if (isBack) showToast("The gateway is back");
    },
    update(reading) {
      last = reading;
      const { version, runtime } = reading.status;
      setText(byId("build", HTMLElement), `${version} on ${runtime}`);
      draw();
    },
    restarted: () => showToast("The gateway was restarted: rates and charts start over"),
  };
}

const MARKS = { live: "Live", gone: "Gone", locked: "Locked", draining: "Draining" };

const TITLES = {
  live: "",
  gone: "The gateway does not answer.",
  locked: "The API needs its bearer token.",
  draining: "The gateway is draining.",
};

/**
 * @param {keyof typeof TITLES} kind
 * @param {string} text
 */
function showBanner(kind, text) {
  const banner = byId("banner", HTMLElement);
  setAttribute(banner, "data-kind", kind);
  setText(byId("banner-title", HTMLElement), TITLES[kind]);
  setText(byId("banner-text", HTMLElement), text);
  setShown(banner, kind !== "live");
}

/**
 * @param {Link} link
 * @param {Reading | undefined} last
 * @returns {string}
 */
function bannerText(link, last) {
  if (link.kind === "gone") {
    const seconds = last === undefined
      ? 0
      : (performance.timeOrigin + performance.now() - last.at) / 1000;
    const age = last === undefined ? "" : ` The data shown is ${durationText(seconds)} old.`;
    return `${link.reason}${age} Retrying every second.`.trim();
  }
  if (link.kind === "locked") return "";
  return `It accepts no new connections. Still open: ${countText(last?.rows.length ?? 0)}.`;
}
