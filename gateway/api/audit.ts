// The audit log: one line for each requested change, whatever its outcome. The middleware stands
// before everything that can answer (the guard, the reading of the body, the handler, and the
// handler of our own faults), so it sees every answer.

import type { MiddlewareHandler } from "@hono/hono";
import type { Log } from "../shell/log.ts";
import { type Api, type ApiContext, type ApiEnv, isSafe, type Route, routePath } from "./route.ts";

/** Writes the lines. Register it before everything else that answers. */
export function audit(log: Log): MiddlewareHandler<ApiEnv> {
  return async function auditRequest(context, next): Promise<void> {
    await next();
    if (isSafe(context.req.method)) return;
    const { status } = context.res;
    // The guard sends 401 and 403. Many of them mean that somebody is probing. They get an event
    // name of their own, which the log rate-limits, so that they cannot fill the disk.
    const event = status === 401 || status === 403 ? "api_refused" : "api_change";
    log(context.res.ok ? "info" : "warn", event, {
      action: context.get("action") ?? "none",
      ...targetOf(context),
      status,
      remote: context.env?.remote ?? null,
    });
  };
}

/**
 * Names the changes of `routes` for their lines. Register it before the guard, so that a refused
 * change has a name too.
 */
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

/** The target as we write it, never as it was sent: the request may hold anything, even a key. */
function targetOf(context: ApiContext): { readonly target?: string } {
  const target = context.get("target");
  return target === undefined ? {} : { target };
}
