import { equal } from "node:assert/strict";
import { test } from "node:test";
import { commandLine, quoted } from "./command.ts";

test("commandLine() can be typed in the checkout", () => {
  const args = ["--only", "tunnel up 1400", "--out", "/srv/culvert/bench/results/x.jsonl"];
  const invocation = { program: "/srv/culvert/bench/path/main.ts", args };
  equal(
    commandLine({ ...invocation, runtime: "deno 2.9.6" }, "/srv/culvert/"),
    "deno run -A bench/path/main.ts --only 'tunnel up 1400' --out bench/results/x.jsonl",
  );
  equal(
    commandLine({ ...invocation, args: [], runtime: "bun 1.4.5" }, "/srv"),
    "bun culvert/bench/path/main.ts",
  );
});

test("quoted() leaves a shell nothing to do", () => {
  equal(quoted("--runs=3"), "--runs=3");
  equal(quoted(""), "''");
  equal(quoted("it's $HOME"), "'it'\\''s $HOME'");
});
