import { deepEqual, equal, throws } from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { OURS as RECORD } from "../../tests/support/bench_records.ts";
import { parseLines, readInstructions, readResults, RESULTS } from "./results.ts";

test("readResults() reads the files of a folder by name, and no others", () => {
  const path = mkdtempSync(join(tmpdir(), "culvert-results-"));
  try {
    const line = JSON.stringify(RECORD);
    writeFileSync(join(path, "b.jsonl"), `${line}\n\n${line}\n`);
    writeFileSync(join(path, "a.jsonl"), "");
    writeFileSync(join(path, "index.html"), "<p>");
    const files = readResults({ path, prefix: "local/" });
    deepEqual(files.map(({ name, records }) => [name, records.length]), [
      ["local/a.jsonl", 0],
      ["local/b.jsonl", 2],
    ]);
    deepEqual(files[1]?.records[0], RECORD);
    equal(readInstructions({ path, prefix: "" }), null);
    writeFileSync(join(path, "a.jsonl"), `${line}\n{"suite":\n`);
    throws(() => readResults({ path, prefix: "local/" }), /local\/a\.jsonl: line 2 is no record/);
  } finally {
    rmSync(path, { recursive: true });
  }
  deepEqual(readResults({ path, prefix: "" }), []);
});

test("parseLines() refuses a record that lacks a member or has one of another type", () => {
  for (const wrong of ["3", "null", "[]", JSON.stringify({ ...RECORD, rate: "7e8" })]) {
    throws(() => parseLines("x.jsonl", wrong), /Cannot read x\.jsonl: line 1 is no record/);
  }
  const { commit: _, ...lacking } = RECORD;
  throws(() => parseLines("x.jsonl", JSON.stringify(lacking)), TypeError);
});

test("the repository's own results can be read", () => {
  const suites = new Set(
    readResults(RESULTS).flatMap(({ records }) => records.map((r) => r.suite)),
  );
  deepEqual([...suites].sort(), ["kernels", "path", "wire"]);
  equal(typeof readInstructions(RESULTS)?.counts["kernels aes-128-gcm seal 1400"], "number");
});
