// Binds the calls of a route to an app, and to the document of that app.

import { describeCall } from "./describe.ts";
import { problem } from "./problem.ts";
import { type Api, type Route, routePath } from "./route.ts";

/**
 * Adds a route to an app and to its document, and answers 405 to every other method.
 *
 * We do not use `app.openapi`: its validators read the whole body before anything can bound it,
 * accept octets that are not UTF-8, and take a body without Content-Type for an empty object.
 * `readBody` applies the same schemas without these faults.
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
