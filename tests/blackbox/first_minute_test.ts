// The first minute: the page's commands, and those of the README.

import { ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { example } from "../support/examples.ts";
import { testInNamespace } from "../support/namespace.ts";
import { CASES } from "./first_minute_program.ts";

testInNamespace(new URL("./first_minute_program.ts", import.meta.url), CASES);

test("the README has the page's commands, for those who have Node alone", () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  for (const name of ["minute-server", "minute-profile", "minute-check"]) {
    ok(readme.includes(example("first-minute", name).replace(/^deno /, "npx deno@2.9.6 ")), name);
  }
});
