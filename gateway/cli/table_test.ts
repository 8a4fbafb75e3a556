import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { durationText, rateText, shortTimeText, wrapWords } from "./format.ts";
import { histogramText } from "./histogram.ts";
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

test("renderTable() counts the places that characters take", () => {
  const columns = [{ title: "PEER" }, { title: "X" }] as const;
  // Two columns for each character; a letter with a separate mark; a letter with its mark built in.
  const rows = [["東京", "1"], ["e\u0301a", "2"], ["\u00e9a", "3"]];
  equal(
    renderTable(columns, rows, { width: 80 }),
    "PEER  X\n東京  1\ne\u0301a    2\n\u00e9a    3\n",
  );
  equal(
    renderTable([{ title: "P" }], [["東京都"], ["e\u0301bcdef"]], { width: 4 }),
    "P\n東…\ne\u0301bc…\n",
  );
});

test("renderTable() leaves out what matters least before it cuts", () => {
  const columns = [{ title: "ID" }, { title: "AA", rank: 1 }, { title: "BB", rank: 2 }, {
    title: "CC",
    rank: 2,
  }];
  const render = (width: number): string => renderTable(columns, [["1", "2", "3", "4"]], { width });
  equal(render(14), "ID  AA  BB  CC\n1   2   3   4\n");
  equal(render(13), "ID  AA  BB\n1   2   3\n");
  equal(render(9), "ID  AA\n1   2\n");
  equal(render(5), "ID\n1\n");
  equal(render(1), "…\n1\n");
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

test("shortTimeText() goes from microseconds to seconds", () => {
  deepEqual([0, 0.00005, 0.0025, 0.01, 2.5].map(shortTimeText), [
    "0µs",
    "50µs",
    "2.5ms",
    "10ms",
    "2.5s",
  ]);
});

test("histogramText() has the bounds of quantiles", () => {
  const text = (counts: readonly number[]): string => {
    return histogramText({ bounds: [1, 2, 5], counts, sum: 0 }, String);
  };
  equal(text([50, 40, 9, 1]), "p50 ≤ 1, p90 ≤ 2, p99 ≤ 5");
  equal(text([0, 0, 0, 3]), "p50 > 5, p90 > 5, p99 > 5");
  equal(text([0, 0, 0, 0]), "none");
});

test("rateText() has three significant digits, at rounding edges too", () => {
  const texts: readonly (readonly [number, string])[] = [
    [0, "0"],
    [999, "999"],
    [1234, "1.23k"],
    [12_345, "12.3k"],
    [123_456, "123k"],
    [1_234_567, "1.23M"],
    [9_876_543_210, "9.88G"],
    // Values that round up to the next power of ten.
    [99.6, "100"],
    [999.4, "999"],
    [999.5, "1.00k"],
    [9994, "9.99k"],
    [9996, "10.0k"],
    [99_960, "100k"],
    [999_499, "999k"],
    [999_500, "1.00M"],
    [99_960_000, "100M"],
    [999_600_000, "1.00G"],
  ];
  for (const [value, text] of texts) equal(rateText(value), text);
});

test("wrapWords() breaks lists at their commas", () => {
  deepEqual(wrapWords("a 1, b 2, c 3", 9), ["a 1, b 2,", "c 3"]);
  deepEqual(wrapWords("a 1, b 2, c 3", Infinity), ["a 1, b 2, c 3"]);
  deepEqual(wrapWords("a_long_word 1, b 2", 5), ["a_long_word 1,", "b 2"]);
});
