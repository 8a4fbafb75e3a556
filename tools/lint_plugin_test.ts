import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import plugin from "./lint_plugin.ts";
import { ROOT } from "./run.ts";

/** Each rule with code that it refuses and code that it accepts, in a file at `path`. */
const CASES: readonly {
  readonly rule: string;
  readonly path?: string;
  readonly bad: readonly string[];
  readonly good: readonly string[];
}[] = [
  {
    rule: "no-runtime-global",
    path: "gateway/shell/x.ts",
    bad: ["Deno.exit(0);", "const { env } = Bun;", 'import { ptr } from "bun:ffi";'],
    good: ["const table = { Deno: 1 };", "table.Deno;", 'import { x } from "bunny";'],
  },
  { rule: "no-runtime-global", path: "gateway/runtime/x.ts", bad: [], good: ["Deno.exit(0);"] },
  {
    rule: "no-blocking-wait",
    path: "gateway/shell/x.ts",
    bad: ["Atomics.wait(a, 0, 0);", "libc.epoll_wait(1, 2, 3, 4);"],
    good: ["Atomics.waitAsync(a, 0, 0);", "page.wait();"],
  },
  {
    rule: "no-blocking-wait",
    path: "gateway/lane/x.ts",
    bad: [],
    good: ["Atomics.wait(a, 0, 0);"],
  },
  {
    rule: "no-class",
    bad: ["class A {}", "const a = class extends Map {};"],
    good: ["class ConfigError extends RangeError {}"],
  },
  {
    rule: "no-top-level-arrow",
    bad: ["const f = () => 1;", "export const f = function () {};"],
    good: [
      "const x = list.map((one) => one + 1);",
      "function f() { const g = () => 1; return g; }",
    ],
  },
  {
    rule: "error-message",
    bad: [
      'new Error("cannot open");',
      'new RangeError("Cannot open.");',
      "new Error(`It can't open ${name}`);",
    ],
    good: [
      'new Error("Cannot open TUN: EPERM");',
      'new Error(`Cannot open "${name}": EPERM`);',
      'new Error("Cannot read the file\'s head");',
      "new ConfigError(path, 3);",
      'new Map("x");',
    ],
  },
  {
    rule: "max-params",
    bad: ["function f(a, b, c, d) {}", "const g = { h(a, b, c, d) {} };"],
    good: ["function f(a, b, { c, d }) {}"],
  },
  {
    rule: "max-params",
    path: "gateway/lane/x.ts",
    bad: ["function f(a, b, c, d, e) {}"],
    good: ["function f(a, b, c, d) {}"],
  },
  {
    rule: "max-function-lines",
    bad: [`function f() {${"\n".repeat(60)}}`],
    good: [`function f() {${"\n".repeat(59)}}`],
  },
  {
    rule: "no-jsr-or-http-import",
    bad: [
      'import { x } from "jsr:@std/x";',
      'export * from "https://example.com/x.ts";',
      'await import("http://example.com/x.ts");',
    ],
    good: ['import { x } from "./x.ts";', 'import { y } from "zod";'],
  },
];

for (const { rule, path = "gateway/x.ts", bad, good } of CASES) {
  test(`${rule} refuses what the style refuses, in ${path}`, () => {
    for (const code of bad) deepEqual(rulesBroken(path, code), [`culvert/${rule}`], code);
    for (const code of good) deepEqual(rulesBroken(path, code), [], code);
  });
}

test("every rule has a case", () => {
  deepEqual(new Set(CASES.map(({ rule }) => rule)), new Set(Object.keys(plugin.rules)));
});

function rulesBroken(path: string, code: string): string[] {
  return Deno.lint.runPlugin(plugin, `${ROOT}/${path}`, code).map(({ id }) => id);
}
