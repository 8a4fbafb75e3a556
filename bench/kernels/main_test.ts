// Tests that the bench runs, as users start it, on the runtime of the test. Tests say nothing about
// speed.

import { deepEqual, equal, ok } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseLines } from "../dashboard/results.ts";

/** Subjects that need only the repository and its npm packages. */
const IN_TREE = ["culvert-wasm", "culvert-wasm-strict", "node-crypto", "noble"];

const TIMEOUT = { timeout: 60_000 };

test(
  "the bench has a record of every subject in the tree, for sealing and opening",
  TIMEOUT,
  () => {
    // Cases of single packets leave out `openssl speed`, which takes seconds.
    const records = runBench(["--only", "aes-128-gcm 64 alone", "--runs", "2"]);
    for (const name of ["seal aes-128-gcm 64 alone", "open aes-128-gcm 64 alone"]) {
      const ofCase = records.filter((record) => record.case === name);
      const subjects = ofCase.map(({ subject }) => subject);
      deepEqual(IN_TREE.filter((subject) => subjects.some((found) => found === subject)), IN_TREE);
      for (const record of ofCase) {
        deepEqual([record.suite, record.octets, record.runs], ["kernels", 64, 2]);
        equal(record.baseline, "node-crypto");
        ok(record.ratioLow !== undefined && record.ratioHigh !== undefined);
      }
    }
    equal(new Set(records.map((record) => record.case)).size, 2);
  },
);

function runBench(args: readonly string[]): ReturnType<typeof parseLines> {
  const isDeno = process.versions.bun === undefined;
  const start = [...(isDeno ? ["run", "-A"] : []), "bench/kernels/main.ts"];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...start, ...args, "--json"], {
    cwd: fileURLToPath(new URL("../../", import.meta.url)),
    encoding: "utf8",
  });
  equal(status, 0, stderr);
  return parseLines("standard output", stdout);
}
