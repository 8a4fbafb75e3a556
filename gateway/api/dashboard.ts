// The dashboard's files: the page at `/`, what it is made of under `/assets/`. They are the same for everybody and tell nothing of this
// gateway, so a browser gets them without a token; the page asks for one and sends it with its calls.

import type { Context, Handler, MiddlewareHandler } from "@hono/hono";
import { problem } from "./problem.ts";
import type { Api, ApiEnv } from "./route.ts";

/** Reads a file of the dashboard; undefined if there is none of that name. */
export type ReadAsset = (name: string) => Promise<Uint8Array<ArrayBuffer> | undefined>;

/** Where what the page is made of lies. */
export const ASSETS = "/assets/";

/** Adds the page and what it is made of. */
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
 * Gives the page to a browser that is refused for want of a token; before the guard. The answer is still 401, and the page asks
 * for the token.
 */
export function givePageForToken(readAsset: ReadAsset): MiddlewareHandler<ApiEnv> {
  return async function givePage(context, next): Promise<void> {
    await next();
    if (context.res.status !== 401 || !wantsPage(context)) return;
    const page = await fileResponse(readAsset, PAGE, 401);
    // The challenge stays: Hono takes over the headers of the answer that is replaced.
    if (page !== undefined) context.res = page;
  };
}

const PAGE = "index.html";

/** Nothing from elsewhere, nothing inline, in nobody's frame. */
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

/** Media types by what the name ends with. */
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
  return req.method === "GET" && req.header("accept")?.includes("text/html") === true;
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
