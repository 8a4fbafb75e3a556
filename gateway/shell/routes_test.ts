import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import type { Prefix } from "../model/prefix.ts";
import { createRoutes, type Routes } from "./routes.ts";

const PREFIX: Prefix = { octets: new Uint8Array([10, 1, 0, 0]), bits: 24, text: "10.1.0.0/24" };

/** Routes over a table that writes down its calls, and refuses while `isDown`. */
function openRoutes(): { routes: Routes; calls: string[]; table: { isDown: boolean } } {
  const calls: string[] = [];
  const table = { isDown: false };

  function call(name: string, { text }: Prefix): void {
    calls.push(`${name} ${text}`);
    if (table.isDown) throw new Error("ENETDOWN");
  }

  const routes = createRoutes({
    add: (prefix) => call("add", prefix),
    remove: (prefix) => call("remove", prefix),
    failed: (prefix, reason) => void calls.push(`failed ${prefix.text} ${reason}`),
  });
  return { routes, calls, table };
}

test("a route goes in with the first SA and out with the last", () => {
  const { routes, calls } = openRoutes();
  routes.add([PREFIX]);
  routes.add([PREFIX]);
  routes.remove([PREFIX]);
  deepEqual(calls, ["add 10.1.0.0/24"]);
  routes.remove([PREFIX]);
  deepEqual(calls, ["add 10.1.0.0/24", "remove 10.1.0.0/24"]);
});

test("a route that the kernel refused is tried again by the next SA", () => {
  const { routes, calls, table } = openRoutes();
  table.isDown = true;
  routes.add([PREFIX]);
  table.isDown = false;
  routes.add([PREFIX]);
  routes.remove([PREFIX]);
  deepEqual(calls, ["add 10.1.0.0/24", "failed 10.1.0.0/24 ENETDOWN", "add 10.1.0.0/24"]);
});

test("a route that is not in place is not removed", () => {
  const { routes, calls, table } = openRoutes();
  table.isDown = true;
  routes.add([PREFIX]);
  routes.remove([PREFIX]);
  deepEqual(calls, ["add 10.1.0.0/24", "failed 10.1.0.0/24 ENETDOWN"]);
});

test("a route whose removal failed is tried again by the next SA", () => {
  const { routes, calls, table } = openRoutes();
  routes.add([PREFIX]);
  table.isDown = true;
  routes.remove([PREFIX]);
  table.isDown = false;
  routes.add([PREFIX]);
  deepEqual(calls.at(-1), "add 10.1.0.0/24");
});
