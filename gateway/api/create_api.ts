// The HTTP API (docs/reference/api.md) as one app: a request in, a response out. It neither listens
// nor keeps anything of its own.

import { OpenAPIHono } from "@hono/zod-openapi";
import type { Gateway } from "../model/gateway.ts";
import type { Log } from "../shell/log.ts";
import { addRoute } from "./add_route.ts";
import { audit, nameChanges } from "./audit.ts";
import { connectionRoutes } from "./connections.ts";
import { addFiles, givePageForToken, type ReadAsset } from "./dashboard.ts";
import { createEventFeed } from "./event_feed.ts";
import { eventRoutes } from "./events.ts";
import { guard } from "./guard.ts";
import { healthRoutes } from "./health.ts";
import { metricsRoutes } from "./metrics_route.ts";
import { openApiRoutes } from "./openapi.ts";
import { problem } from "./problem.ts";
import type { Api, ApiEnv } from "./route.ts";
import { saRoutes } from "./sas.ts";

export interface ApiOptions {
  readonly gateway: Gateway;
  /** The bearer token in force, asked at each request so that it can be changed; null is none. */
  readonly token: () => string | null;
  /** Where the API listens. */
  readonly bound: { readonly isLoopback: boolean };
  readonly log: Log;
  /** The dashboard's files. */
  readonly readAsset: ReadAsset;
  /** Runs `tick` every `ms`, until the result is called; replaced in tests. */
  readonly every?: (ms: number, tick: () => void) => () => void;
}

/**
 * Makes the app.
 *
 * @example
 * ```ts
 * const bound = { isLoopback: true };
 * const app = createApi({ gateway, token: () => null, bound, log, readAsset });
 * const response = await app.request("/v1/status");
 * ```
 */
export function createApi(options: ApiOptions): Api {
  const { gateway, token, bound, log, readAsset } = options;
  const app = new OpenAPIHono<ApiEnv>();
  app.openAPIRegistry.registerComponent("securitySchemes", "token", TOKEN_SCHEME);
  const routes = [
    ...healthRoutes(gateway),
    ...metricsRoutes(gateway),
    ...connectionRoutes(gateway),
    ...saRoutes(gateway),
    ...eventRoutes(createEventFeed({ gateway, every: options.every ?? startInterval })),
    ...openApiRoutes(app),
  ];
  app.use(setCommonHeaders);
  app.use(audit(log));
  nameChanges(app, routes);
  app.use("/", givePageForToken(readAsset));
  app.use(guard({ token, isLoopback: bound.isLoopback }));
  for (const route of routes) addRoute(app, route);
  addFiles(app, readAsset);
  app.notFound(() => problem(404, "There is nothing at this path"));
  app.onError((error) => {
    log("error", "api_failed", { reason: error.message });
    return problem(500, "The gateway could not answer; its log has the reason");
  });
  return app;
}

const TOKEN_SCHEME = { type: "http", scheme: "bearer" } as const;

/**
 * Answers are of this moment, and are what their type says.
 *
 * Hono's secure-headers would set ten headers more, each to be turned off by name. What a page
 * needs of them goes with the page alone (dashboard.ts).
 */
async function setCommonHeaders(
  context: { header: (name: string, value: string) => void },
  next: () => Promise<void>,
): Promise<void> {
  await next();
  context.header("cache-control", "no-store");
  context.header("x-content-type-options", "nosniff");
}

function startInterval(ms: number, tick: () => void): () => void {
  const timer = setInterval(tick, ms);
  return () => clearInterval(timer);
}
