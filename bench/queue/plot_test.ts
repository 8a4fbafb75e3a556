import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { type Bar, plotBars } from "./plot.ts";

const BARS: readonly Bar[] = ["20 ms", "100 ms"].flatMap((panel) =>
  ["0 %", "1 %"].flatMap((group) =>
    ["plain", "a < b"].map((way, at) => ({ panel, group, way, value: 10 * (at + 1) }))
  )
);

test("plotBars() draws each bar once, as high as its value", () => {
  for (const isLog of [false, true]) {
    const svg = plotBars(BARS, { title: "Goodput", unit: "Mbit/s", isLog });
    equal([...svg.matchAll(/<title>/g)].length, BARS.length);
    ok(svg.includes("a &lt; b") && svg.trimEnd().endsWith("</svg>"));
  }
  const heights = [
    ...plotBars(BARS, { title: "", unit: "" }).matchAll(/height="([\d.]+)" fill="[^"]+"><title>/g),
  ]
    .map(([, height]) => Number(height));
  equal(heights[1], 2 * (heights[0] ?? 0));
});
