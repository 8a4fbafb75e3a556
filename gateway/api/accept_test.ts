import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { namesType, preferredType } from "./accept.ts";

test("preferredType() compares what the field means", () => {
  const cases: readonly (readonly [string | undefined, string])[] = [
    [undefined, "text/plain"],
    ["", "text/plain"],
    ["*/*", "text/plain"],
    ["text/html", "text/plain"],
    ["application/openmetrics-text", "application/openmetrics-text"],
    ["Application/OpenMetrics-Text; Version=1.0.0", "application/openmetrics-text"],
    ["application/openmetrics-text;q=0", "text/plain"],
    ["application/openmetrics-text; Q = 0.000, text/plain;q=0.1", "text/plain"],
    ["application/*, text/plain;q=0.9", "application/openmetrics-text"],
    ["text/plain;q=0, */*", "application/openmetrics-text"],
    [
      "text/plain;q=0.3,application/openmetrics-text;version=1.0.0;q=0.5",
      "application/openmetrics-text",
    ],
    ["text/plain, application/openmetrics-text", "text/plain"],
    ["application/openmetrics-text;q=nonsense, text/plain;q=0.1", "text/plain"],
  ];
  for (const [field, type] of cases) {
    equal(preferredType(field, ["text/plain", "application/openmetrics-text"]), type, field);
  }
});

test("namesType() wants the type itself", () => {
  const html = (field?: string): boolean => namesType(field, "text/html");
  ok(html("text/html,application/xhtml+xml,*/*;q=0.8"));
  ok(html("TEXT/HTML"));
  for (const field of [undefined, "", "*/*", "text/*", "text/html;q=0", "text/html-x"]) {
    ok(!html(field), field);
  }
});
