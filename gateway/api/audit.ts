// The audit log: one line of every change that was asked for, whatever became of it. It is written behind everything that can answer:
// the guard, the reading of the body, the handler, and what a fault of the gateway's own is turned into.

import type { MiddlewareHandler } from "@hono/hono";
import type { Log } from "../shell/log.ts";
import { type Api, type ApiContext, type ApiEnv, isSafe, type Route, routePath } from "./route.ts";

/** Writes the lines; stands before everything else that answers. */
export function audit(log: Log): MiddlewareHandler<ApiEnv> {
  return async function auditRequest(context, next): Promise<void> {
    await next();
    if (isSafe(context.req.method)) return;
    const { status } = context.res;
    // 401 and 403 are the guard's: who sends many of them is not the operator, and must not fill the disk.
    const event = status === 401 || status === 403 ? "api_refused" : "api_change";
    log(context.res.ok ? "info" : "warn", event, {
      action: context.get("action") ?? "none",
      ...targetOf(context),
      status,
      remote: context.env?.remote ?? null,
    });
  };
}

/** Names the changes of `routes` for their lines; stands before the guard, so that what it refuses has a name too. */
export function nameChanges(app: Api, routes: readonly Route[]): void {
  for (const route of routes) {
    for (const [method, { action }] of Object.entries(route.methods)) {
      if (action === undefined) continue;
      app.on(method, routePath(route), async (context, next) => {
        context.set("action", action);
        const target = route.target?.(context);
        if (target !== undefined) context.set("target", target);
        await next();
      });
    }
  }
}

/** In our own writing: what was sent may be anything, a key among it. */
function targetOf(context: ApiContext): { readonly target?: string } {
  const target = context.get("target");
  return target === undefined ? {} : { target };
}
