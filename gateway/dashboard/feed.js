// Follows the gateway as it works. The stream of events is the clock: the connections are read at
// each `totals` event, and a silent stream means that the gateway is gone.

import { ApiError, getJson, request } from "./api.js";
import { createEventParser } from "./sse.js";

/** @typedef {import("../model/gateway_status.ts").GatewayStatus} GatewayStatus */
/** @typedef {import("./history.js").Snapshot} Snapshot */

/**
 * @typedef {{ readonly kind: "live" } | { readonly kind: "gone", readonly reason: string } |
 *   { readonly kind: "locked" }} Link
 *
 * An event of the gateway. Its fields are as in docs/reference/api.md.
 *
 * @typedef {object} Happening
 * @property {string} name
 * @property {string} at
 * @property {Readonly<Record<string, unknown>>} fields
 *
 * @typedef {object} FeedHandlers
 * @property {(snapshot: Snapshot) => void} onSnapshot
 * @property {(happening: Happening) => void} onHappening
 * @property {(link: Link) => void} onLink
 * @property {() => Promise<void>} tokenGiven Resolves when there is a token to try
 */

/**
 * How long the stream may be silent before the gateway counts as gone, ms. `totals` events come
 * every second.
 */
const SILENCE_MS = 5000;

const RETRY_MS = 1000;

/** Largest share of the time to spend on reading connections, however many there are. */
const READ_SHARE = 0.25;

/**
 * Follows the gateway as long as the page lives.
 *
 * @param {FeedHandlers} handlers
 */
export async function followGateway(handlers) {
  for (;;) {
    try {
      await followOnce(handlers);
      handlers.onLink({ kind: "gone", reason: "It closed the stream of events." });
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        handlers.onLink({ kind: "locked" });
        await handlers.tokenGiven();
        continue;
      }
      handlers.onLink({ kind: "gone", reason: reasonOf(error) });
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/**
 * Follows one stream to its end.
 *
 * @param {FeedHandlers} handlers
 */
async function followOnce(handlers) {
  const silence = createSilence();
  try {
    const status = await getJson("v1/status");
    const { body } = await request("v1/events", { signal: silence.signal });
    if (body === null) throw new TypeError("Cannot read events: no body");
    const reader = createReader(status, handlers);
    const parser = createEventParser();
    for await (const text of textsOf(body)) {
      silence.isBroken();
      for (const { event, data } of parser.push(text)) reader.take(event, JSON.parse(data));
      reader.check();
    }
  } finally {
    silence.end();
  }
}

/**
 * The pieces of a stream as text. Not every browser can iterate over a stream, so this does.
 *
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<string>}
 */
async function* textsOf(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield decoder.decode(value, { stream: true });
  }
}

/**
 * Aborts a request after a silence.
 *
 * @returns {{ readonly signal: AbortSignal, isBroken(): void, end(): void }}
 */
function createSilence() {
  const ending = new AbortController();
  const abort = () => ending.abort(new Error(`It sent nothing for ${SILENCE_MS / 1000} seconds`));
  let timer = setTimeout(abort, SILENCE_MS);
  return {
    signal: ending.signal,
    isBroken() {
      clearTimeout(timer);
      timer = setTimeout(abort, SILENCE_MS);
    },
    end: () => clearTimeout(timer),
  };
}

/**
 * Turns events into snapshots and happenings.
 *
 * @param {GatewayStatus} fixed The members of the status that do not change
 * @param {FeedHandlers} handlers
 * @returns {{ take(event: string, data: any): void, check(): void }}
 */
function createReader(fixed, handlers) {
  let isReading = false;
  let notBefore = 0;
  /** @type {unknown} */
  let failure;

  /** @param {GatewayStatus} status */
  async function readConnections(status) {
    isReading = true;
    const startedAt = performance.now();
    try {
      const { connections } = await getJson("v1/connections");
      const now = performance.now();
      notBefore = now + (now - startedAt) * (1 / READ_SHARE - 1);
      handlers.onLink({ kind: "live" });
      handlers.onSnapshot({ at: performance.timeOrigin + now, status, connections });
    } catch (error) {
      failure = error;
    } finally {
      isReading = false;
    }
  }

  return {
    take(event, data) {
      if (event !== "totals") {
        const { at, ...fields } = data;
        handlers.onHappening({ name: event, at, fields });
        return;
      }
      const { uptimeSeconds, draining, unready, upstream, totals } = data;
      if (isReading || performance.now() < notBefore) return;
      void readConnections({ ...fixed, uptimeSeconds, draining, unready, upstream, totals });
    },
    /** Throws the error of a failed read, so that it ends the stream too and is reported once. */
    check() {
      if (failure !== undefined) throw failure;
    },
  };
}

/**
 * @param {unknown} error
 * @returns {string}
 */
function reasonOf(error) {
  if (error instanceof ApiError) return `${error.message}.`;
  // Browsers word a failed connection differently, and none of the texts helps anybody.
  if (error instanceof TypeError) return "";
  return error instanceof Error ? `${error.message}.` : String(error);
}
