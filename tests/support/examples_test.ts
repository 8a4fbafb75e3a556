import { strict as assert } from "node:assert";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { examplesOf, pagePath } from "./examples.ts";

const PAGES = readdirSync(new URL("../../docs/guide", import.meta.url))
  .filter((name) => name.endsWith(".md")).map((name) => name.slice(0, -3));

test("every fenced block of the guide is an example that a suite names", () => {
  const suite = ["../interop/", "../blackbox/"]
    .map((folder) => sourcesBelow(new URL(folder, import.meta.url))).join("\n");
  for (const page of PAGES) {
    const names = examplesOf(page).map(({ name }) => name);
    assert.equal(
      new Set(names).size,
      names.length,
      `two examples of one name in ${pagePath(page)}`,
    );
    for (const name of names) {
      assert.ok(name, `a block without a marker in ${pagePath(page)}`);
      const isNamed = suite.includes(`"${name}"`) || suite.includes(`${name}: "/`);
      assert.ok(isNamed, `no case runs "${name}" of ${pagePath(page)}`);
    }
  }
});

test("no fence of a page is overlooked", () => {
  for (const page of PAGES) {
    const markdown = readFileSync(new URL(`../../${pagePath(page)}`, import.meta.url), "utf8");
    const fences = markdown.match(/^ *```/gm)?.length ?? 0;
    assert.equal(examplesOf(page).length * 2, fences, pagePath(page));
  }
});

function sourcesBelow(folder: URL): string {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(new URL(name, folder), "utf8")).join("\n");
}
