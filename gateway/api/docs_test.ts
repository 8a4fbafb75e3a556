// Checks the tables of the documents against the code: calls, metrics, members of an SA, reasons.

import { deepEqual, equal, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as z from "zod";
import { createTestApi } from "../../tests/support/test_api.ts";
import { UNREADY_REASONS } from "../model/unready.ts";
import { METRICS } from "./metrics.ts";

const DOCUMENT = z.looseObject({
  paths: z.record(
    z.string(),
    z.record(z.string(), z.looseObject({ responses: z.looseObject({}) })),
  ),
  components: z.looseObject({
    schemas: z.looseObject({
      SaSpec: z.looseObject({
        properties: z.record(z.string(), z.looseObject({ default: z.unknown().optional() })),
        required: z.array(z.string()),
      }),
    }),
  }),
});

async function readDocument(): Promise<z.output<typeof DOCUMENT>> {
  const { app } = createTestApi();
  return DOCUMENT.parse(await (await app.request("/openapi.json")).json());
}

/** Each call, such as `GET /v1/sas`, with its 2xx statuses. */
async function readCalls(): Promise<Map<string, readonly string[]>> {
  const { paths } = await readDocument();
  const calls = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { responses }]) => {
      const successes = Object.keys(responses).filter((status) => status.startsWith("2"));
      return [`${method.toUpperCase()} ${path}`, successes] as const;
    })
  );
  return new Map(calls);
}

/** The cells of the table whose first line begins with `head`. */
function tableOf(file: string, head: string): readonly (readonly string[])[] {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
  const lines = text.split("\n");
  const first = lines.findIndex((line) => line.startsWith(head));
  ok(first >= 0, `${file} has a table "${head}"`);
  const end = lines.findIndex((line, at) => at > first && !line.startsWith("|"));
  return lines.slice(first + 2, end).map((line) =>
    line.split("|").slice(1, -1).map((cell) => cell.trim())
  );
}

/** The texts between backticks. */
function codesOf(cell = ""): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? "");
}

test("docs/reference/api.md lists every call, and no other, with the status of its success", async () => {
  const calls = await readCalls();
  const rows = tableOf("docs/reference/api.md", "| call |");
  const listed = rows.flatMap(([call]) => codesOf(call));
  deepEqual(listed.filter((call) => call !== "GET /").sort(), [...calls.keys()].sort());
  for (const [call, does = ""] of rows) {
    const method = codesOf(call)[0] ?? "";
    if (method.startsWith("GET ")) continue;
    const named = [...does.matchAll(/\b2\d\d\b/g)].map(([status]) => status);
    deepEqual(named, calls.get(method), `${method}: ${does}`);
  }
});

test("README.md names every call, and no other", async () => {
  const calls = await readCalls();
  const rows = tableOf("README.md", "| call ");
  const listed = rows.flatMap(([call]) => {
    const [method = ""] = /^`([A-Z]+) /.exec(call ?? "")?.slice(1) ?? [];
    return codesOf(call).map((code) => code.includes(" ") ? code : `${method} ${code}`);
  });
  // "each also by id or SPI"
  const byName = ["GET /v1/connections/{id}", "GET /v1/peers/{id}", "GET /v1/sas/{sa}"];
  deepEqual([...listed, ...byName].sort(), [...calls.keys()].sort());
});

test("docs/reference/metrics.md lists every metric, with its type and labels", () => {
  const status = createTestApi().gateway.status();
  const listed = tableOf("docs/reference/metrics.md", "| metric |").flatMap((
    [names, type = "", labels = ""],
  ) => codesOf(names).map((name) => [name, { type, codes: codesOf(labels) }] as const));
  deepEqual(listed.map(([name]) => name).sort(), METRICS.map(({ name }) => name).sort());
  const rows = new Map(listed);
  for (const metric of METRICS) {
    const row = rows.get(metric.name);
    equal(row?.type, metric.type === "info" ? "gauge, always 1" : metric.type, metric.name);
    const samples = metric.type === "histogram" ? [] : metric.samples(status);
    const names = new Set(samples.flatMap(({ labels }) => Object.keys(labels)));
    const values = samples.flatMap(({ labels }) =>
      Object.entries(labels).filter(([name]) => ENUMERATED.includes(name)).map(([, value]) => value)
    );
    deepEqual(row?.codes.sort(), [...names, ...new Set(values)].sort(), metric.name);
  }
});

/** Labels whose values the table lists. The text above the table explains `direction`. */
const ENUMERATED: readonly string[] = ["state", "result", "kind"];

test("docs/reference/api.md lists every reason not to be ready", () => {
  const listed = tableOf("docs/reference/api.md", "| reason |").flatMap(([name]) => codesOf(name));
  deepEqual(listed, [...UNREADY_REASONS]);
});

test("docs/operate/configuration.md lists every member of an SA, with its default", async () => {
  const { components: { schemas: { SaSpec } } } = await readDocument();
  const listed = tableOf("docs/operate/configuration.md", "| member |").flatMap((
    [members, fallback],
  ) => codesOf(members).map((member) => [member, codesOf(fallback)[0] ?? fallback]));
  const members = Object.entries(SaSpec.properties).map(([name, member]) => [
    name,
    SaSpec.required.includes(name) ? "required" : String(member.default),
  ]);
  deepEqual(listed.sort(), members.sort());
});
