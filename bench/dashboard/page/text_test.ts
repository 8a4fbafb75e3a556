import { equal } from "node:assert/strict";
import { test } from "node:test";
import { ratioText, spreadText, timeText } from "./text.js";

test("ratioText(), spreadText() and timeText()", () => {
  equal(ratioText(4.167), "4.17×");
  equal(spreadText({ value: 2, low: 1, high: 3 }, ratioText), "1.00× to 3.00×");
  equal(timeText("2026-11-24T18:31:40Z"), "2026-11-24 18:31");
});
