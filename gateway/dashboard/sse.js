// Parses server-sent events (WHATWG HTML §9.2) from pieces of text. EventSource cannot send an
// Authorization header. eventsource-parser is twenty times as long, and these pages have no build
// step to bundle it. The tests compare this parser with it.

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
   * @returns {ServerEvent | undefined} The event, if an empty line ends one
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
