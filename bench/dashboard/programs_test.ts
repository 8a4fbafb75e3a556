import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { type Means, programsOf } from "./programs.ts";

const MEANS: Means = { deno: "/usr/bin/deno", bun: "/usr/bin/bun", hasNativeEngine: true };

test("programsOf() has every suite, runtime and engine that is there", () => {
  const programs = programsOf(MEANS);
  const ids = programs.map(({ id }) => id);
  equal(new Set(ids).size, ids.length);
  for (
    const id of [
      "kernels-bun-all",
      "path-bun-wasm-all",
      "path-deno-native-1400-octets",
      "wire-deno-all",
    ]
  ) ok(ids.includes(id), id);
  const without = programsOf({ ...MEANS, hasNativeEngine: false });
  ok(!without.some(({ args }) => args.includes("native")));
});

test("a program says what a person would type, and runs the same", () => {
  const found = programsOf(MEANS).find(({ id }) => id === "path-deno-native-1400-octets");
  ok(found !== undefined);
  equal(found.title, "Path: deno, native, 1400 octets");
  equal(found.file, "/usr/bin/deno");
  match(found.command, /^deno run -A bench\/path\/main\.ts --only ' 1400 ' --runs 3 /);
  deepEqual(found.args.slice(0, 5), ["run", "-A", "bench/path/main.ts", "--only", " 1400 "]);
  equal(found.out, "path-deno.jsonl");
});
