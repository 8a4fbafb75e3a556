// The calls of the API as data, so that what a path allows is known to the answer 405 as well.

import type { Context, Hono } from "@hono/hono";
import type { Log } from "../shell/log.ts";
import type { Gateway } from "../shell/types.ts";
import { problem } from "./problem.ts";

/** What handlers work on. */
export interface ApiState {
  readonly gateway: Gateway;
  readonly log: Log;
}

/** What a server gives to `app.fetch` beside the request. */
export interface ApiEnv {
  readonly Bindings: {
    /** Address of the client, for the audit log. */
    readonly remote?: string;
  };
}

export type ApiContext = Context<ApiEnv>;
export type Handler = (context: ApiContext) => Response | Promise<Response>;
export type Method = "GET" | "POST" | "DELETE";

/** A path and what may be done with it. */
export interface Route {
  readonly path: string;
  readonly methods: Readonly<Partial<Record<Method, Handler>>>;
}

/** Adds a route to an app, and 405 for every other method. */
export function addRoute(app: Hono<ApiEnv>, route: Route): void {
  for (const [method, handler] of Object.entries(route.methods)) {
    app.on(method, route.path, handler);
  }
  const allow = Object.keys(route.methods)
    .flatMap((method) => method === "GET" ? ["GET", "HEAD"] : [method]).join(", ");
  app.all(route.path, () => problem(405, `This path allows ${allow}`, { headers: { allow } }));
}

/** A change that was asked of the gateway, and what came of it. */
export interface Change {
  readonly action: "connection_kick" | "drain" | "sa_dummy" | "sa_install" | "sa_remove";
  /** What was to change: an SPI or a connection id, in our own writing. */
  readonly target?: string;
  readonly response: Response;
}

/** Writes the audit line of a change; gives its response back. */
export function audited(state: ApiState, context: ApiContext, change: Change): Response {
  const { action, target, response } = change;
  state.log(response.ok ? "info" : "warn", "api_change", {
    action,
    ...(target === undefined ? {} : { target }),
    status: response.status,
    remote: context.env?.remote ?? null,
  });
  return response;
}
