import { equal } from "node:assert/strict";
import { test } from "node:test";
import { durationText } from "./format.ts";
import { renderTable } from "./table.ts";

const COLUMNS = [{ title: "ID", isNumber: true }, { title: "REMOTE" }, { title: "STATE" }] as const;

test("renderTable() lines columns up", () => {
  const rows = [["7", "192.0.2.7:1", "enabled"], ["12345", "[::1]:2", "x"]];
  equal(
    renderTable(COLUMNS, rows, { width: Infinity }),
    "   ID  REMOTE       STATE\n" +
      "    7  192.0.2.7:1  enabled\n" +
      "12345  [::1]:2      x\n",
  );
});

test("renderTable() cuts lines at the terminal's width", () => {
  equal(renderTable(COLUMNS, [["7", "abcdef", "x"]], { width: 8 }), "ID  REM…\n 7  abc…\n");
});

test("renderTable() prints no control characters", () => {
  equal(renderTable([{ title: "A" }], [["\u001b[2J\nx"]], { width: 80 }), "A\n\ufffd[2J\ufffdx\n");
});

test("durationText() has the two largest units", () => {
  const texts = [[0, "0s"], [59.9, "59s"], [75, "1m15s"], [3600, "1h0m"], [90_061, "1d1h"], [
    -1,
    "0s",
  ]];
  for (const [seconds, text] of texts as [number, string][]) equal(durationText(seconds), text);
});
