// Shows whether there is a gateway, and its state: the mark in the bar, the banner below it, and
// the dimming of the page. Old numbers of a gateway that is gone must not look current.

import { showToast } from "./dialogs.js";
import { byId, setAttribute, setShown, setText } from "./dom.js";
import { countText, durationText, wordsText } from "./format.js";

/** @typedef {import("./feed.js").Link} Link */
/** @typedef {import("../model/gateway_status.ts").GatewayStatus} GatewayStatus */
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
    const kind = link.kind === "live" ? stateOf(last) : link.kind;
    document.documentElement.dataset["link"] = kind;
    setAttribute(byId("link", HTMLElement), "data-kind", kind);
    setText(byId("link-text", HTMLElement), MARKS[kind]);
    byId("drain", HTMLButtonElement).disabled = link.kind !== "live" ||
      last === undefined || kind === "draining";
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

/**
 * @param {Reading | undefined} last
 * @returns {"live" | "draining" | "unready"}
 */
function stateOf(last) {
  if (last === undefined) return "live";
  if (last.status.draining) return "draining";
  return last.status.unready.length > 0 ? "unready" : "live";
}

const MARKS = {
  live: "Live",
  gone: "Gone",
  locked: "Locked",
  draining: "Draining",
  unready: "Not ready",
};

const TITLES = {
  live: "",
  gone: "The gateway does not answer.",
  locked: "The API needs its bearer token.",
  draining: "The gateway is draining.",
  unready: "New clients are not served.",
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
  if (stateOf(last) === "unready") return last === undefined ? "" : unreadyText(last.status);
  return `It accepts no new connections. Still open: ${countText(last?.rows.length ?? 0)}.`;
}

/**
 * @param {GatewayStatus} status
 * @returns {string}
 */
function unreadyText({ unready, upstream }) {
  const others = unready.filter((reason) => reason !== "upstream_refused").map(wordsText);
  const daemon = upstream?.state === "down"
    ? [`The IKE daemon ${upstream.address} cannot be reached (${upstream.reason}).`]
    : [];
  return [...daemon, ...others].join(" ");
}
