// Decides who may call what. Listening on loopback is not enough protection: any page in a browser
// on this machine can send requests to 127.0.0.1, directly (Origin shows it) or through a name of
// its own that resolves there (Host shows it).
//
// Hono's middleware for the token and for Origin does not fit:
// - bearer-auth throws when there is no good token. Here the token also decides whether any Host is
//   allowed, so we would have to catch its exception and look into it. For a token with characters
//   outside RFC 6750 it names no error.
// - csrf looks only at requests that a form can send, so JSON from another page passes. It also
//   refuses a POST without Content-Type and Origin, which is how curl sends one.

import { createHash, timingSafeEqual } from "node:crypto";
import type { HonoRequest, MiddlewareHandler } from "@hono/hono";
import { isLoopback, parseAddress } from "../model/address.ts";
import { ASSETS } from "./dashboard.ts";
import { problem } from "./problem.ts";
import { type ApiEnv, isSafe } from "./route.ts";

/** What the guard decides by. */
export interface GuardOptions {
  /** Returns the current bearer token, or null if there is none. */
  readonly token: () => string | null;
  /** Whether the API listens on a loopback address. */
  readonly isLoopback: boolean;
}

/** Probes from supervisors and load balancers, which have no token and use any Host. */
const OPEN_PATHS: readonly string[] = ["/livez", "/readyz"];

/** Checks each request before it reaches a handler. */
export function guard(options: GuardOptions): MiddlewareHandler<ApiEnv> {
  return async function guardRequest(context, next): Promise<Response | undefined> {
    const { method, path } = context.req;
    const isOpen = isSafe(method) && OPEN_PATHS.includes(path);
    const refusal = isOpen ? undefined : refuse(context.req, options);
    if (refusal !== undefined) return refusal;
    await next();
    return undefined;
  };
}

function refuse(asked: HonoRequest, options: GuardOptions): Response | undefined {
  const request = asked.raw;
  const token = options.token();
  const given = bearerOf(request);
  const isAuthorized = token !== null && given !== undefined && isSameSecret(given, token);
  if (!isAuthorized && options.isLoopback && !isLoopbackHost(hostOf(request))) {
    return problem(403, "Without a token, Host must be a loopback address or localhost");
  }
  if (!isAuthorized && needsToken(asked, options.isLoopback, token !== null)) {
    return unauthorized(given !== undefined);
  }
  if (!isSafe(request.method) && hasForeignOrigin(request)) {
    return problem(403, "Origin does not match Host");
  }
  return undefined;
}

/**
 * Whether a call needs the token. On loopback, changes need it if there is one. Elsewhere
 * everything needs it except the page's parts, because the page is what asks for the token.
 *
 * The path is the router's. The request's URL contains Host as it was sent, and for
 * `Host: x\assets\` the path of that URL differs from the router's.
 */
function needsToken(asked: HonoRequest, isLoopback: boolean, hasToken: boolean): boolean {
  if (!isSafe(asked.method)) return !isLoopback || hasToken;
  return !isLoopback && !asked.path.startsWith(ASSETS);
}

/** RFC 6750 §3: the challenge names an error only if a token was sent. */
function unauthorized(hasToken: boolean): Response {
  const challenge = hasToken
    ? 'Bearer realm="culvert", error="invalid_token"'
    : 'Bearer realm="culvert"';
  return problem(401, "This call needs the API's bearer token", {
    headers: { "www-authenticate": challenge },
  });
}

function bearerOf(request: Request): string | undefined {
  const field = request.headers.get("authorization") ?? "";
  return /^Bearer +(\S+) *$/i.exec(field)?.[1];
}

/**
 * CT: both digests have the same length, so the time reveals neither the secret's length nor how
 * much of it was right.
 */
function isSameSecret(given: string, secret: string): boolean {
  return timingSafeEqual(digest(given), digest(secret));
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

/**
 * Host, normalized as the authority of a URL. Undefined if it is not one. The scheme decides which
 * port is left out.
 */
function hostOf(request: Request, scheme = "http:"): URL | undefined {
  const field = request.headers.get("host") ?? URL.parse(request.url)?.host ?? "";
  // These would begin another part of the URL, or end a user's name.
  if (/[@/?#\\]/.test(field)) return undefined;
  return URL.parse(`${scheme}//${field}`) ?? undefined;
}

function isLoopbackHost(url: URL | undefined): boolean {
  if (url === undefined) return false;
  // The dot at the end only says that the name is complete.
  if (/^localhost\.?$/.test(url.hostname)) return true;
  const address = parseAddress(url.hostname.replace(/^\[(.*)\]$/, "$1"));
  return address !== undefined && isLoopback(address);
}

/**
 * Browsers send Origin with every request that is not safe. Other clients send none.
 *
 * A proxy may have taken TLS off, so the scheme is the Origin's, for both: its default port may be
 * written or not.
 */
function hasForeignOrigin(request: Request): boolean {
  const field = request.headers.get("origin");
  if (field === null) return false;
  const origin = URL.parse(field);
  if (origin === null || !/^https?:$/.test(origin.protocol)) return true;
  return origin.host !== hostOf(request, origin.protocol)?.host;
}
