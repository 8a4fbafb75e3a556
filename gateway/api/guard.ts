// Who may call what. Loopback is not enough by itself: any page that a browser on this machine
// shows can send requests to 127.0.0.1, directly (Origin tells) or by a name of its own that
// resolves there (Host tells).
//
// Hono's middleware was tried for the token and for Origin, and does not fit:
// - bearer-auth throws where there is no good token. Here the token decides as well whether any
//   Host will do, so its exception would have to be caught and asked. It also names no error for a
//   token with characters that RFC 6750 does not have.
// - csrf looks at what forms can send and at nothing else: another page's JSON passes. And it
//   refuses a POST without Content-Type and Origin, as curl sends it.

import { createHash, timingSafeEqual } from "node:crypto";
import type { HonoRequest, MiddlewareHandler } from "@hono/hono";
import { isLoopback, parseAddress } from "../model/address.ts";
import { ASSETS } from "./dashboard.ts";
import { problem } from "./problem.ts";
import { type ApiEnv, isSafe } from "./route.ts";

export interface GuardOptions {
  /** The bearer token in force; null is none. */
  readonly token: () => string | null;
  /** Whether the API listens on a loopback address. */
  readonly isLoopback: boolean;
}

/** Probes of supervisors and balancers, which have no token and use any Host. */
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
    return problem(403, "Origin is not the host that was asked");
  }
  return undefined;
}

/**
 * On loopback changes need it, if there is one. Elsewhere everything does, but what the page is
 * made of, which then asks for it.
 *
 * The path is the router's: a URL has Host in it as it was sent, and that of `Host: x\assets\` has
 * another path.
 */
function needsToken(asked: HonoRequest, isLoopback: boolean, hasToken: boolean): boolean {
  if (!isSafe(asked.method)) return !isLoopback || hasToken;
  return !isLoopback && !asked.path.startsWith(ASSETS);
}

/** RFC 6750 §3: the error is named only if there was a token. */
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
 * CT: digests have one length, so neither the secret's length nor how much of it was right shows in
 * the time.
 */
function isSameSecret(given: string, secret: string): boolean {
  return timingSafeEqual(digest(given), digest(secret));
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

/** Host, normalized as a URL's authority is; undefined if it is none. */
function hostOf(request: Request): URL | undefined {
  const field = request.headers.get("host") ?? URL.parse(request.url)?.host ?? "";
  return URL.parse(`http://${field}`) ?? undefined;
}

function isLoopbackHost(url: URL | undefined): boolean {
  if (url === undefined) return false;
  if (url.hostname === "localhost") return true;
  const address = parseAddress(url.hostname.replace(/^\[(.*)\]$/, "$1"));
  return address !== undefined && isLoopback(address);
}

/** A browser sends Origin with every request that is not safe; other clients send none. */
function hasForeignOrigin(request: Request): boolean {
  const origin = request.headers.get("origin");
  if (origin === null) return false;
  const host = URL.parse(origin)?.host ?? "";
  return host === "" || host !== hostOf(request)?.host;
}
