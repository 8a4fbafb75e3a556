import { deepEqual, equal, ok } from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { STATUSES } from "../../ts-bindings/status.ts";
import { IGNORED } from "./ignored.js";

const PACKAGE = new URL("../../node_modules/uplot/dist/", import.meta.url);

function read(name: string): string {
  return readFileSync(new URL(name, import.meta.url), "utf8");
}

test("uplot.js and uplot.css are those of the package that package.json pins", () => {
  for (const [ours, theirs] of [["uplot.js", "uPlot.esm.js"], ["uplot.css", "uPlot.min.css"]]) {
    ok(
      read(ours ?? "") === readFileSync(new URL(theirs ?? "", PACKAGE), "utf8"),
      `${ours} is ${theirs}`,
    );
  }
});

test("index.html names files that are there, and has nothing inline", () => {
  const page = read("index.html");
  const named = [...page.matchAll(/(?:src|href)="assets\/([^"]+)"/g)].map(([, name]) => name ?? "");
  ok(named.length >= 7);
  deepEqual(named.filter((name) => !existsSync(new URL(name, import.meta.url))), []);
  deepEqual(page.match(/<style|<script>| style=| on\w+=|https?:/g), null);
});

test("IGNORED has the statuses with the fate ignore", () => {
  const fates = STATUSES.filter(({ fate }) => fate === "ignore");
  deepEqual([...IGNORED].sort(), fates.map(({ snakeCase }) => snakeCase).sort());
  equal(IGNORED.length, 3);
});
