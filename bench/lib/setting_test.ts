import { equal, match } from "node:assert/strict";
import { test } from "node:test";
import { machineOf, settingOf } from "./setting.ts";

test("machineOf() names processor and cores", () => {
  equal(
    machineOf("processor\t: 0\nmodel name\t: AMD EPYC\nflags\t: aes\n", 2),
    "AMD EPYC, 2 cores",
  );
  equal(
    machineOf("cpu family\t: 6\nmodel\t\t: 207\nmodel name\t: Intel Xeon\n", 2),
    "Intel Xeon (6/207), 2 cores",
  );
  equal(machineOf("processor\t: 0\n", 1), "unknown, 1 core");
});

test("settingOf() says where this runs", () => {
  const setting = settingOf("path");
  match(setting.commit, /^([0-9a-f]{7,}\+?|unknown)$/);
  match(setting.at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  match(setting.runtime, /^(deno|bun) \d/);
  match(setting.kernel, /^Linux \d/);
  match(setting.command, /^(deno run -A|bun) /);
});
