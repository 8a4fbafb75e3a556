import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { forbidDumps } from "./dumps.ts";

test("forbidDumps() asks for no dump, and tells if the kernel refuses", () => {
  const asked: number[][] = [];
  const answering = (result: number): { prctl: (option: number, value: number) => number } => ({
    prctl: (option, value) => {
      asked.push([option, value]);
      return result;
    },
  });
  ok(forbidDumps(answering(0)));
  ok(!forbidDumps(answering(-1)));
  // PR_SET_DUMPABLE, SUID_DUMP_DISABLE (prctl(2)).
  equal(JSON.stringify(asked), "[[4,0],[4,0]]");
});
