// The calls of the API as data: the handler beside all that the OpenAPI document says of it. What a path allows is known to the answer
// 405 as well.

import type { Context } from "@hono/hono";
import type { OpenAPIHono } from "@hono/zod-openapi";
import type * as z from "zod";
import type { Log } from "../shell/log.ts";
import type { Gateway } from "../shell/types.ts";
import { describeCall } from "./describe.ts";
import { problem, type ProblemStatus } from "./problem.ts";

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

export type Api = OpenAPIHono<ApiEnv>;
export type ApiContext = Context<ApiEnv>;
export type Handler = (context: ApiContext) => Response | Promise<Response>;
export type Method = "GET" | "POST" | "DELETE";

/** An answer that is no problem. */
export interface Answer {
  readonly description: string;
  /** Bodies by media type; none is no body. */
  readonly content?: Readonly<Record<string, { readonly schema: z.ZodType }>>;
  readonly headers?: z.ZodObject;
  /** Parameter of other calls, by their operation id, and where in the body it stands. */
  readonly leadsTo?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** A method of a path: what it does, and all that it may answer. */
export interface Call {
  readonly summary: string;
  readonly body?: z.ZodType;
  readonly answers: Readonly<Record<number, Answer>>;
  readonly problems?: readonly ProblemStatus[];
  readonly run: Handler;
}

/** A path, parameters in braces, and what may be done with it. */
export interface Route {
  readonly path: string;
  readonly params?: z.ZodObject;
  readonly methods: Readonly<Partial<Record<Method, Call>>>;
}

/**
 * Adds a route to an app and to its document, and 405 for every other method.
 *
 * Parameters and bodies are read by the handlers: they bound what arrives before it is parsed, and no message of theirs repeats
 * it, which the generator's own validators do not promise.
 */
export function addRoute(app: Api, route: Route): void {
  const path = route.path.replaceAll(/\{(\w+)\}/g, ":$1");
  for (const [method, call] of Object.entries(route.methods)) {
    app.on(method, path, call.run);
    app.openAPIRegistry.registerPath(describeCall(route, method, call));
  }
  const allow = Object.keys(route.methods)
    .flatMap((method) => method === "GET" ? ["GET", "HEAD"] : [method]).join(", ");
  app.all(path, () => problem(405, `This path allows ${allow}`, { headers: { allow } }));
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
