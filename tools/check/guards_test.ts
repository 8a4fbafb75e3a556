import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { checkColumns } from "./columns.ts";
import { checkImports } from "./imports.ts";
import { checkLinks } from "./links.ts";
import { checkPaths } from "./paths.ts";
import { checkReferences } from "./references.ts";
import { checkRustModules } from "./rust_modules.ts";
import { checkSizes, linesOf } from "./sizes.ts";
import { checkUnsafe } from "./unsafe.ts";

test("checkImports() accepts the arrows of the architecture", () => {
  const files = new Map([
    [
      "gateway/shell/a.ts",
      'import { b } from "../lane/b.ts";\nimport "../../ts-bindings/core.ts";\n',
    ],
    ["gateway/lane/b.ts", 'import type { Libc } from "../runtime/types.ts";\n'],
    ["gateway/api/c.ts", 'export {\n  type Gateway,\n} from "../model/gateway.ts";\n'],
    ["tests/d.ts", 'import { x } from "../gateway/mod.ts";\n'],
  ]);
  deepEqual(checkImports(files), []);
});

test("checkImports() reports an arrow that points back", () => {
  const files = new Map([
    ["gateway/lane/a.ts", '// head\nimport {\n  b,\n} from "../shell/b.ts";\n'],
    ["ts-bindings/core.ts", 'import type { X } from "../gateway/shell/b.ts";\n'],
    ["gateway/model/c.ts", 'import type { X } from "../config/x.ts";\n'],
  ]);
  deepEqual(checkImports(files), [
    "gateway/lane/a.ts:2: gateway/lane imports gateway/shell (gateway/shell/b.ts)",
    "ts-bindings/core.ts:1: ts-bindings imports gateway/shell (gateway/shell/b.ts)",
    "gateway/model/c.ts:1: gateway/model imports gateway/config (gateway/config/x.ts)",
  ]);
});

test("checkImports() knows every form of an import", () => {
  const files = new Map([
    ["gateway/model/a.ts", 'export type * from "../shell/x.ts";\nexport * from "../shell/y.ts";\n'],
    ["gateway/model/b.ts", 'async () => await import("../shell/x.ts");\n'],
    ["gateway/model/c.ts", 'type X = import(\n  "../shell/x.ts"\n).X;\n'],
    ["gateway/dashboard/d.js", '/** @typedef {import("../shell/x.ts").X} X */\n'],
  ]);
  deepEqual(checkImports(files), [
    "gateway/model/a.ts:1: gateway/model imports gateway/shell (gateway/shell/x.ts)",
    "gateway/model/a.ts:2: gateway/model imports gateway/shell (gateway/shell/y.ts)",
    "gateway/model/b.ts:1: gateway/model imports gateway/shell (gateway/shell/x.ts)",
    "gateway/model/c.ts:1: gateway/model imports gateway/shell (gateway/shell/x.ts)",
    "gateway/dashboard/d.js:1: gateway/dashboard imports gateway/shell (gateway/shell/x.ts)",
  ]);
});

test("checkImports() keeps the adapters to runtime, and gives others its interface alone", () => {
  const files = new Map([
    ["gateway/shell/a.ts", 'import { x } from "../runtime/deno.ts";\n'],
    ["gateway/shell/b.ts", 'import { x } from "../runtime/mod.ts";\n'],
    ["gateway/shell/c.ts", 'import type { Runtime } from "../runtime/types.ts";\n'],
    ["gateway/runtime/mod.ts", 'import { x } from "./deno.ts";\n'],
  ]);
  deepEqual(checkImports(files), [
    "gateway/shell/a.ts:1: gateway/runtime/deno.ts belongs to gateway/runtime alone",
    "gateway/shell/b.ts:1: gateway/shell imports gateway/runtime (gateway/runtime/mod.ts)",
  ]);
});

test("checkImports() reports a product file that imports tests, and leaves tests alone", () => {
  const line = 'import type { Peer } from "../../tests/support/peers.ts";\n';
  const files = new Map([
    ["gateway/shell/a.ts", line],
    ["gateway/shell/a_test.ts", line],
    ["ts-bindings/b.ts", 'await import("../tests/fakes/b.ts");\n'],
    ["bench/path/c.ts", line],
    ["tools/check/d.ts", line],
  ]);
  deepEqual(checkImports(files), [
    "gateway/shell/a.ts:1: a product file imports tests/support/peers.ts, which is for tests",
    "ts-bindings/b.ts:1: a product file imports tests/fakes/b.ts, which is for tests",
  ]);
});

test("checkImports() reports each import that closes a cycle once", () => {
  const files = new Map([
    ["gateway/lane/a.ts", 'import { b } from "./b.ts";\n'],
    ["gateway/lane/b.ts", 'import { c } from "./c.ts";\n'],
    ["gateway/lane/c.ts", 'import { a } from "./a.ts";\n'],
  ]);
  deepEqual(checkImports(files), ["gateway/lane/c.ts:1: cycle through gateway/lane/a.ts"]);
});

test("checkImports() reports cycles of types, of exports, of calls and of scripts", () => {
  const files = new Map([
    ["gateway/lane/a.ts", 'import type { B } from "./b.ts";\n'],
    ["gateway/lane/b.ts", 'import { type A } from "./a.ts";\n'],
    ["gateway/shell/c.ts", 'export type { D } from "./d.ts";\n'],
    ["gateway/shell/d.ts", 'const c = await import("./c.ts");\n'],
    ["gateway/dashboard/e.js", 'import { f } from "./f.js";\n'],
    ["gateway/dashboard/f.js", '/** @typedef {import("./e.js").E} E */\n'],
    ["gateway/api/g_test.ts", 'import "./g_test.ts";\n'],
  ]);
  deepEqual(checkImports(files), [
    "gateway/lane/b.ts:1: cycle through gateway/lane/a.ts",
    "gateway/shell/d.ts:1: cycle through gateway/shell/c.ts",
    "gateway/dashboard/f.js:1: cycle through gateway/dashboard/e.js",
    "gateway/api/g_test.ts:1: cycle through gateway/api/g_test.ts",
  ]);
});

test("checkLinks() follows files, folders and headings", () => {
  const files = new Map([
    ["README.md", "[a](docs/a.md) [b](docs/a.md#the-first-one) [c](docs) [d](https://example.com)"],
    ["docs/a.md", "# The first one\n[back](../README.md) [here](#the-first-one)"],
  ]);
  deepEqual(checkLinks(files), []);
  files.set("docs/b.md", "x\n[a](c.md) [b](a.md#second)");
  deepEqual(checkLinks(files), [
    "docs/b.md:2: no file docs/c.md",
    "docs/b.md:2: no heading #second in docs/a.md",
  ]);
});

const RULES = [
  "docs/reference/protocol-rules.md",
  "| T49 | x |\n| L30 | x |\n| L31 | x |",
] as const;

const IKE_RULES = ["docs/reference/ike-rules.md", "| IW1 | x |\n| IW2 | x |"] as const;

test("checkReferences() knows the rules of both pages", () => {
  const files = new Map([
    RULES,
    IKE_RULES,
    ["gateway/a_test.ts", '// Rules IW1, T49 and L31. As (IW2) has it.\ntest("IW1 to IW2: x");'],
    ["gateway/b_test.ts", '// rule IW3\ntest("T49, IW1 to IW3: x");'],
  ]);
  deepEqual(checkReferences(files), [
    'gateway/a_test.ts:1: say "rule IW2"',
    "gateway/b_test.ts:1: no rule IW3 in docs/reference/ike-rules.md",
    "gateway/b_test.ts:2: no rule IW3 in docs/reference/ike-rules.md",
  ]);
});

test("checkReferences() follows documents, decisions, rules and files", () => {
  const files = new Map([
    RULES,
    [
      "docs/design/a.md",
      "[b](b.md), `c_test.ts`, `X_cases.ts`, docs/design/b.md, https://example.com/x.md",
    ],
    ["docs/design/b.md", "As decisions/0004 and docs/design/decisions/0004 have it: rule T49."],
    ["docs/design/decisions/0004-x.md", "See README.md and *.md."],
    ["README.md", "Rules T49, L30 to L31."],
    ["gateway/c_test.ts", '// (rule T49; docs/design)\ntest("T49, L30 to L31: x");\nread("z.md");'],
  ]);
  deepEqual(checkReferences(files), []);
});

test("checkReferences() reports what leads nowhere", () => {
  const files = new Map([
    RULES,
    ["docs/a.md", "design.md §4\n`gateway/none.ts`, rule T50"],
    [
      "gateway/b.ts",
      "// docs/none.md\n// docs/design/decisions/0004, decisions/0005\n// as (L30) has it",
    ],
    ["gateway/c_test.ts", 'test("T49, L32: x");\nread("docs/none");'],
  ]);
  deepEqual(checkReferences(files), [
    "docs/a.md:1: design.md leads nowhere",
    "docs/a.md:2: no rule T50 in docs/reference/protocol-rules.md",
    "docs/a.md:2: no file gateway/none.ts",
    "gateway/b.ts:1: docs/none.md leads nowhere",
    "gateway/b.ts:2: docs/design/decisions/0004 leads nowhere",
    "gateway/b.ts:2: decisions/0005 leads nowhere",
    'gateway/b.ts:3: say "rule L30"',
    "gateway/c_test.ts:2: docs/none leads nowhere",
    "gateway/c_test.ts:1: no rule L32 in docs/reference/protocol-rules.md",
  ]);
});

test("checkColumns() looks at prose, and at nothing that cannot be wrapped", () => {
  const long = "word ".repeat(21);
  const files = new Map([
    ["a.md", `${long}\n| ${long}|\n# ${long}\n\`\`\`\n${long}\n\`\`\`\n- ${long}`],
    ["b.md", `[${"word ".repeat(10)}](${"x".repeat(80)})\nhttps://example.com/${"x".repeat(100)}`],
    ["c.yml", `# ${long}\nkey: ${long}`],
  ]);
  deepEqual(checkColumns(files), [
    "a.md:1: over 100 columns",
    "a.md:7: over 100 columns",
    "c.yml:1: over 100 columns",
  ]);
});

test("checkPaths() reports a machine's paths", () => {
  const home = ["", "home", "someone"].join("/");
  deepEqual(checkPaths(new Map([["a.md", `x\nsee ${home}`], ["b.md", "src/home/page"]])), [
    `a.md:2: a machine's path or a registry's host: see ${home}`,
  ]);
});

test("checkRustModules() takes modules that import one way", () => {
  const files = new Map([
    ["wasm-core/src/lib.rs", "mod a;\nmod b;\n"],
    ["wasm-core/src/a/mod.rs", "pub mod x;\nmod y;\n\npub use y::Y;\n"],
    ["wasm-core/src/a/x.rs", "use super::y::Y;\n\npub(in super::super) struct X(Y);\n"],
    [
      "wasm-core/src/a/y.rs",
      "//! Unlike `crate::a::x`.\npub struct Y;\nmod in_y {\n    use super::Y;\n}\n",
    ],
    ["wasm-core/src/b.rs", "use crate::a::{self, x::{X as Z}};\n"],
  ]);
  deepEqual(checkRustModules(files), []);
});

test("checkRustModules() reports a cycle of modules, and leaves tests out", () => {
  const files = new Map([
    ["wasm-core/src/a/mod.rs", "mod x;\n"],
    ["wasm-core/src/a/x.rs", "use core::mem;\nuse super::{\n    y::{self, Y},\n};\n"],
    ["wasm-core/src/a/y.rs", "fn y() {\n    crate::a::z::z();\n}\n"],
    ["wasm-core/src/a/z.rs", "fn z() -> super::x::X {\n}\n"],
    ["native-engine/src/a.rs", "use crate::b::B;\n"],
    ["native-engine/src/b.rs", "#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}\n"],
  ]);
  deepEqual(checkRustModules(files), [
    "wasm-core/src/a/z.rs:1: cycle through wasm-core/src/a/x.rs",
  ]);
});

test("checkRustModules() reports a room that reaches its parent again", () => {
  const files = new Map([
    ["wasm-core/src/a/mod.rs", "mod x;\n\npub struct A;\n\nfn a() {\n    x::run();\n}\n"],
    ["wasm-core/src/a/x.rs", "use super::A;\n"],
  ]);
  deepEqual(checkRustModules(files), [
    "wasm-core/src/a/x.rs:1: cycle through wasm-core/src/a/mod.rs",
  ]);
});

test("checkRustModules() reports rooms that lead back to each other", () => {
  const files = new Map([
    ["wasm-core/src/a/low.rs", "pub struct A;\n"],
    ["wasm-core/src/a/high.rs", "use crate::b::B;\n"],
    ["wasm-core/src/b.rs", "\nuse crate::a::low::A;\n"],
  ]);
  deepEqual(checkRustModules(files), [
    "wasm-core/src/b.rs:2: b.rs imports a, which leads back to it",
  ]);
});

test("checkSizes() counts lines without tests", () => {
  const long = "x\n".repeat(401);
  deepEqual(
    checkSizes(new Map([["a.ts", long], ["a_test.ts", long], ["b.ts", "x\n".repeat(400)]])),
    [
      "a.ts:1: 401 lines, at most 400",
    ],
  );
  const page = "gateway/dashboard";
  deepEqual(
    checkSizes(
      new Map([[`${page}/a.js`, long], [`${page}/a.css`, long], [`${page}/uplot.js`, long]]),
    ),
    [`${page}/a.js:1: 401 lines, at most 400`, `${page}/a.css:1: 401 lines, at most 400`],
  );
  deepEqual(checkSizes(new Map([["a.rs", `// Longer than 400 lines: a circuit.\n${long}`]])), []);
  equal(linesOf("a\nb\n#[cfg(test)]\nmod tests {\n}\n"), 2);
});

test("checkUnsafe() knows the corner", () => {
  const root = ["wasm-core/src/lib.rs", "#![deny(unsafe_code)]\n"] as const;
  const inside = ["wasm-core/src/memory/mod.rs", "unsafe { x() }\n"] as const;
  deepEqual(checkUnsafe(new Map([root, inside])), []);
  const outside = [
    "wasm-core/src/sa/sad.rs",
    "// unsafe in words\n#[allow(unsafe_code)]\n",
  ] as const;
  deepEqual(checkUnsafe(new Map([root, outside])), [
    "wasm-core/src/sa/sad.rs:2: unsafe outside of its corner",
  ]);
  deepEqual(checkUnsafe(new Map([["wasm-core/src/lib.rs", ""]])), [
    "wasm-core/src/lib.rs:1: does not deny unsafe_code",
  ]);
});
