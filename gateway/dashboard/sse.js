// Server-sent events (WHATWG HTML §9.2) out of pieces of text. EventSource would do it, but sends
// no Authorization. eventsource-parser would too, but these pages have no build step that could
// bundle it, and it is twenty times as long. The tests compare this with it.

/** @typedef {{ readonly event: string, readonly data: string }} ServerEvent */

/**
 * Makes a parser for one stream. Pieces may end anywhere.
 *
 * @returns {{ push(text: string): ServerEvent[] }}
 */
export function createEventParser() {
  let rest = "";
  let event = "";
  /** @type {string[]} */
  let data = [];

  /**
   * @param {string} line
   * @returns {ServerEvent | undefined} The event that an empty line ends
   */
  function take(line) {
    if (line === "") {
      const done = data.length === 0 ? undefined : { event, data: data.join("\n") };
      event = "";
      data = [];
      return done;
    }
    const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (name === "event") event = value ?? "";
    if (name === "data") data.push(value ?? "");
    return undefined;
  }

  return {
    push(text) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      return lines.map(take).filter((done) => done !== undefined);
    },
  };
}
