// The HTTP API (docs/reference/api.md) as one app: a request goes in, a response comes out. The app
// does not listen, and keeps no state but the event feed.

import { OpenAPIHono } from "@hono/zod-openapi";
import type { Gateway } from "../model/gateway.ts";
import type { Log } from "../shell/log.ts";
import { addRoute } from "./add_route.ts";
import { audit, nameChanges } from "./audit.ts";
import type { Clients } from "../model/client.ts";
import { clientRoutes } from "./clients.ts";
import { connectionRoutes } from "./connections.ts";
import { addFiles, givePageForToken, type ReadAsset } from "./dashboard.ts";
import { createEventFeed } from "./event_feed.ts";
import { eventRoutes } from "./events.ts";
import { guard } from "./guard.ts";
import { healthRoutes } from "./health.ts";
import { metricsRoutes } from "./metrics_route.ts";
import { openApiRoutes } from "./openapi.ts";
import { peerRoutes } from "./peers.ts";
import { problem } from "./problem.ts";
import type { Api, ApiEnv } from "./route.ts";
import { saRoutes } from "./sas.ts";

/** What the API is made from. */
export interface ApiOptions {
  readonly gateway: Gateway;
  /** Clients that it has made; null if it does not answer IKE itself. */
  readonly clients: Clients | null;
  /**
   * Returns the current bearer token, or null if there is none. Called at each request, so the
   * token can change.
   */
  readonly token: () => string | null;
  /** Where the API listens. */
  readonly bound: { readonly isLoopback: boolean };
  readonly log: Log;
  /** The dashboard's files. */
  readonly readAsset: ReadAsset;
  /** Runs `tick` every `ms` until you call the result. Tests replace it. */
  readonly every?: (ms: number, tick: () => void) => () => void;
}

/**
 * Makes the app.
 *
 * @example
 * ```ts
 * const bound = { isLoopback: true };
 * const app = createApi({ gateway, clients: null, token: () => null, bound, log, readAsset });
 * const response = await app.request("/v1/status");
 * ```
 */
export function createApi(options: ApiOptions): Api {
  const { gateway, clients, token, bound, log, readAsset } = options;
  const app = new OpenAPIHono<ApiEnv>();
  app.openAPIRegistry.registerComponent("securitySchemes", "token", TOKEN_SCHEME);
  const routes = [
    ...healthRoutes(gateway),
    ...metricsRoutes(gateway),
    ...connectionRoutes(gateway),
    ...peerRoutes(gateway),
    ...saRoutes(gateway),
    ...clientRoutes(clients),
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
 * Forbids caching, because an answer holds only for its moment, and forbids guessing at its type.
 *
 * Hono's secure-headers would set ten more headers, each to be turned off by name. The dashboard's
 * page gets the ones it needs in dashboard.ts.
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
