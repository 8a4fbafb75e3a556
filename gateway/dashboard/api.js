// Calls of the gateway's API, with the bearer token if there is one. The token is kept as long as
// the browser's tab.

/** @typedef {import("../model/sa_view.ts").SaAnswer} SaAnswer */

/** A refusal by the gateway. `status` is the HTTP status. */
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

/** How long an answer may take before the gateway counts as gone, ms. */
const ANSWER_MS = 10_000;

/** @returns {boolean} */
export function hasToken() {
  return sessionStorage.getItem(TOKEN_KEY) !== null;
}

/** @param {string} token */
export function setToken(token) {
  sessionStorage.setItem(TOKEN_KEY, token);
}

/** Forgets the token, which was not the right one. */
export function forgetToken() {
  sessionStorage.removeItem(TOKEN_KEY);
}

/**
 * Sends a request to the API.
 *
 * @param {string} path Without a leading slash, so that a proxy's prefix is kept
 * @param {{ readonly method?: string, readonly signal?: AbortSignal }} [options]
 * @returns {Promise<Response>} With a 2xx status
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
 * GETs a path.
 *
 * @param {string} path
 * @returns {Promise<any>} The JSON of the answer, as the API's document describes it
 */
export async function getJson(path) {
  return await (await request(path)).json();
}

/** @param {number} id */
export async function kickConnection(id) {
  await request(`v1/connections/${id}`, { method: "DELETE" });
}

/** Makes the gateway drain. */
export async function drainGateway() {
  await request("v1/drain", { method: "POST" });
}

/**
 * Reads an SA. Undefined if it is gone.
 *
 * @param {number} id
 * @returns {Promise<SaAnswer | undefined>}
 */
export async function getSa(id) {
  try {
    return await getJson(`v1/sas/${id}`);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

/**
 * RFC 9457: `detail` says what is wrong.
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
    // The answer is not the gateway's. A proxy in between may answer with a page.
  }
  return `The answer was ${response.status} ${response.statusText}`.trim();
}
