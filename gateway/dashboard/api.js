// Calls of the gateway's API, with the bearer token where one was given. The token lives as long as the browser's tab.

/** @typedef {import("../model/sa_view.ts").SaAnswer} SaAnswer */

/** What the gateway answered instead of doing what it was asked. `status` is that of HTTP. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {string} detail
   */
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

const TOKEN_KEY = "culvert.token";

/** How long an answer may take before the gateway counts as gone. */
const ANSWER_MS = 10_000;

/** @returns {boolean} */
export function hasToken() {
  return sessionStorage.getItem(TOKEN_KEY) !== null;
}

/** @param {string} token */
export function setToken(token) {
  sessionStorage.setItem(TOKEN_KEY, token);
}

/** Forgets the token: it was not the right one. */
export function forgetToken() {
  sessionStorage.removeItem(TOKEN_KEY);
}

/**
 * A request to the API.
 *
 * @param {string} path Without a leading slash, so that a prefix of a proxy stays
 * @param {{ readonly method?: string, readonly signal?: AbortSignal }} [options]
 * @returns {Promise<Response>} A good one
 * @throws {ApiError} If the gateway refuses
 * @throws {TypeError} If there is no gateway
 */
export async function request(path, options = {}) {
  const { method = "GET", signal = AbortSignal.timeout(ANSWER_MS) } = options;
  const token = sessionStorage.getItem(TOKEN_KEY);
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(path, { method, headers, signal, cache: "no-store" });
  if (!response.ok) throw new ApiError(response.status, await detailOf(response));
  return response;
}

/**
 * @param {string} path
 * @returns {Promise<any>} JSON as the API's document says
 */
export async function getJson(path) {
  return await (await request(path)).json();
}

/** @param {number} id */
export async function kickConnection(id) {
  await request(`v1/connections/${id}`, { method: "DELETE" });
}

/** Starts to drain. */
export async function drainGateway() {
  await request("v1/drain", { method: "POST" });
}

/**
 * An SA; undefined if it has gone.
 *
 * @param {string} spi
 * @returns {Promise<SaAnswer | undefined>}
 */
export async function getSa(spi) {
  try {
    return await getJson(`v1/sas/${spi}`);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

/**
 * RFC 9457: what is wrong stands in `detail`.
 *
 * @param {Response} response
 * @returns {Promise<string>}
 */
async function detailOf(response) {
  const text = await response.text();
  try {
    const { detail } = JSON.parse(text);
    if (typeof detail === "string") return detail;
  } catch {
    // Not from the gateway but from something between, which may answer with a page.
  }
  return `The answer was ${response.status} ${response.statusText}`.trim();
}
