import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { parseArgs } from "node:util";
import { ConfigError } from "../../gateway/config/error.ts";
import { codeOf } from "./run_main.ts";

async function ended(main: () => Promise<number | undefined>): Promise<unknown> {
  const lines: string[] = [];
  return [await codeOf(main, (text) => void lines.push(text)), ...lines];
}

test("codeOf() passes on what a program ends with", async () => {
  deepEqual(await ended(() => Promise.resolve(3)), [3]);
  deepEqual(await ended(() => Promise.resolve(undefined)), [undefined]);
});

test("codeOf() has one line for what fails, and 2 for what was asked wrongly", async () => {
  const failing = (error: unknown) => (): Promise<number> => Promise.reject(error);
  deepEqual(await ended(failing(new Error("Cannot dance\nmore"))), [1, "error: Cannot dance\n"]);
  deepEqual(await ended(failing("a text")), [1, "error: a text\n"]);
  const wrong = new ConfigError({ path: "--runs" }, "must be a number");
  deepEqual(await ended(failing(wrong)), [2, "error: --runs: must be a number\n"]);
  // deno-lint-ignore require-await
  const parse = async (): Promise<number> => parseArgs({ args: ["--x"], options: {} }) ? 0 : 1;
  deepEqual(await ended(parse), [2, "error: Unknown option '--x'\n"]);
});
