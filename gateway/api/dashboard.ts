// The dashboard's files: the page at `/` and its parts under `/assets/`. They are the same for
// everybody and reveal nothing about this gateway, so a browser gets them without a token. The page
// then asks for the token and sends it with its calls.

import type { Context, Handler, MiddlewareHandler } from "@hono/hono";
import { namesType } from "./accept.ts";
import { problem } from "./problem.ts";
import type { Api, ApiEnv } from "./route.ts";

/** Reads a file of the dashboard. Undefined if there is no file of that name. */
export type ReadAsset = (name: string) => Promise<Uint8Array<ArrayBuffer> | undefined>;

/** The path of the page's parts. */
export const ASSETS = "/assets/";

/** Adds the page and its parts. */
export function addFiles(app: Api, readAsset: ReadAsset): void {
  addFile(app, "/", async () => {
    return await fileResponse(readAsset, PAGE) ?? problem(404, "There is no dashboard");
  });
  addFile(app, `${ASSETS}:name`, async (context) => {
    const name = context.req.param("name") ?? "";
    return await fileResponse(readAsset, name) ?? problem(404, "There is no file of this name");
  });
}

/**
 * Sends the page to a browser whose request for it was refused for lack of a token. The answer is
 * still 401, and the page asks for the token. Register it before the guard.
 */
export function givePageForToken(readAsset: ReadAsset): MiddlewareHandler<ApiEnv> {
  return async function givePage(context, next): Promise<void> {
    await next();
    if (context.res.status !== 401 || !wantsPage(context)) return;
    const page = await fileResponse(readAsset, PAGE, 401);
    // The challenge header stays, because Hono merges the replaced answer's headers into the new
    // one.
    if (page !== undefined) context.res = page;
  };
}

const PAGE = "index.html";

/** The page loads nothing from elsewhere, runs nothing inline, and cannot be framed. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

/** Media types by file name extension. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ["html", "text/html; charset=utf-8"],
  ["css", "text/css; charset=utf-8"],
  ["js", "text/javascript; charset=utf-8"],
  ["svg", "image/svg+xml"],
]);

function addFile(app: Api, path: string, run: Handler<ApiEnv>): void {
  app.get(path, run);
  const allow = "GET, HEAD";
  app.all(path, () => problem(405, `This path allows ${allow}`, { headers: { allow } }));
}

function wantsPage({ req }: Context<ApiEnv>): boolean {
  return req.method === "GET" && namesType(req.header("accept"), "text/html");
}

async function fileResponse(
  readAsset: ReadAsset,
  name: string,
  status = 200,
): Promise<Response | undefined> {
  const type = TYPES.get(name.slice(name.lastIndexOf(".") + 1));
  const octets = type === undefined ? undefined : await readAsset(name);
  if (type === undefined || octets === undefined) return undefined;
  const headers = {
    "content-type": type,
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
  };
  return new Response(octets, { status, headers });
}
