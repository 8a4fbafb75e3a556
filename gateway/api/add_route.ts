// Binds the calls of a route to an app, and to the document of that app.

import { describeCall } from "./describe.ts";
import { problem } from "./problem.ts";
import { type Api, type Route, routePath } from "./route.ts";

/**
 * Adds a route to an app and to its document, and 405 for every other method.
 *
 * `app.openapi` would not do: its validators read a body whole before anything can bound it, take octets
 * that are no UTF-8, and read a body without Content-Type as an empty object. `readBody` uses the
 * same schemas.
 */
export function addRoute(app: Api, route: Route): void {
  const path = routePath(route);
  for (const [method, call] of Object.entries(route.methods)) {
    app.on(method, path, call.run);
    app.openAPIRegistry.registerPath(describeCall(route, method, call));
  }
  const allow = Object.keys(route.methods)
    .flatMap((method) => method === "GET" ? ["GET", "HEAD"] : [method]).join(", ");
  app.all(path, () => problem(405, `This path allows ${allow}`, { headers: { allow } }));
}
