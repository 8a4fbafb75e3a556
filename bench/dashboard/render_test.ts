import { deepEqual, doesNotMatch, match, ok } from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { inertJson, renderPage } from "./render.ts";
import { readInstructions, readResults, RESULTS } from "./results.ts";
import type { PageData } from "./types.ts";

const STATIC: PageData = {
  files: readResults(RESULTS),
  instructions: readInstructions(RESULTS),
  programs: [],
};

test("renderPage() lets its own two scripts and its style in, and nothing else", async () => {
  const { html, policy } = await renderPage(STATIC);
  ok(html.includes(`content="${policy}"`));
  match(policy, /^default-src 'none'; script-src 'sha256-/);
  match(policy, /connect-src 'none'/);
  doesNotMatch(policy, /unsafe|https?:/);
  for (const tag of ["script", 'script type="module"', "style"]) {
    const [, text = ""] = new RegExp(`<${tag}>([^]*?)</${tag.split(" ")[0]}>`).exec(html) ?? [];
    const digest = createHash("sha256").update(text).digest("base64");
    ok(text.length > 0 && policy.includes(digest), tag);
  }
  doesNotMatch(html, /<!-- \w+ -->|(?:src|href)="(?!data:|#)[^"]/);
});

test("renderPage() may ask its own server, if it has one", async () => {
  const program = { id: "x", title: "X", command: "x" };
  match((await renderPage({ ...STATIC, programs: [program] })).policy, /connect-src 'self'/);
});

test("inertJson() is the data, whatever stands in it", () => {
  const record = { ...STATIC.files[0]?.records[0], machine: "</script><!--" };
  const data = { ...STATIC, files: [{ name: "x", records: [record] }] } as PageData;
  const text = inertJson(data);
  ok(!text.includes("<"));
  deepEqual(JSON.parse(text), data);
  deepEqual(JSON.parse(inertJson(STATIC)), STATIC);
});
