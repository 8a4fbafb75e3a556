// The dashboard's files as a browser requests them: a checkout and the binary serve the same.

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe } from "node:test";
import { ROOT } from "../support/program.ts";
import { scenario } from "../support/scenario.ts";
import { useGateway } from "../support/use_gateway.ts";

describe("dashboard", () => {
  const gateway = useGateway();

  scenario("the page, and all that it and its modules name, is served as it is", async () => {
    const { api } = gateway();
    const page = await api.request("GET", "/", { headers: { accept: "text/html" } });
    equal(page.status, 200);
    match(String(page.headers["content-type"]), /^text\/html/);
    match(String(page.headers["content-security-policy"]), /^default-src 'none'/);
    const left = namesIn(page.text);
    const seen = new Set<string>();
    for (let name = left.pop(); name !== undefined; name = left.pop()) {
      if (seen.has(name)) continue;
      seen.add(name);
      const { status, text } = await api.request("GET", `/assets/${name}`);
      deepEqual([name, status], [name, 200]);
      ok(text === readFileSync(join(ROOT, "gateway/dashboard", name), "utf8"), `${name} is whole`);
      left.push(...namesIn(text));
    }
    ok(seen.has("main.js") && seen.has("uplot.js") && seen.has("icon.svg"));
  });
});

/** Files that a page or a module names. */
function namesIn(text: string): string[] {
  const found = text.matchAll(/(?:(?:src|href)="assets\/|from "\.\/)([\w.]+)"/g);
  return [...found].map(([, name]) => name ?? "");
}
