// Dashboard and alert rules name only metrics, labels and values that `/metrics` of a running
// gateway has, and take only labels that their results have. `deno task test:metrics` lets promtool
// read the same expressions.

import { deepEqual, equal, ok } from "node:assert/strict";
import { describe, test } from "node:test";
import { STATUSES } from "../../ts-bindings/status.ts";
import { readMetrics } from "../support/metrics.ts";
import { alertQueries, dashboardQueries, type Query } from "../support/monitoring.ts";
import { scenario } from "../support/scenario.ts";
import { useGateway } from "../support/use_gateway.ts";

/** Labels that Prometheus adds to each sample. */
const ADDED = ["instance", "job"];

/** Series that Prometheus itself writes. */
const FOREIGN = ["up"];

describe("monitoring", () => {
  const gateway = useGateway();
  const files = { "grafana.json": dashboardQueries, "alerts.yml": alertQueries };

  for (const [file, queriesOf] of Object.entries(files)) {
    scenario(`docs/operate/${file} uses what /metrics has`, async () => {
      const values = valuesByLabel([...(await readMetrics(gateway().api)).keys()]);
      const queries = queriesOf();
      ok(queries.length >= 10, `${queries.length} expressions found`);
      deepEqual(queries.flatMap((query) => problemsOf(query, values)), []);
    });
  }
});

test("what is legal and only counted is no drop of the dashboard", () => {
  const ignored = STATUSES.filter(({ fate }) => fate === "ignore")
    .map(({ snakeCase }) => snakeCase).sort();
  const drops = dashboardQueries().filter(({ expr }) => expr.includes("culvert_drops_total"));
  equal(drops.length, 1);
  for (const { expr } of drops) ok(expr.includes(`reason!~"${ignored.join("|")}"`), expr);
});

test("problemsOf() finds what is not there", () => {
  const values = valuesByLabel(['culvert_x_total{reason="a"}', 'culvert_x_total{reason="b"}']);
  const cases: readonly (readonly [string, readonly string[], number])[] = [
    ["sum by (reason) (rate(culvert_x_total[5m]))", ["reason"], 0],
    ["culvert_x_total", ["reason", "instance"], 0],
    ["culvert_y_total", [], 1],
    ['culvert_x_total{kind="a"}', [], 1],
    ['culvert_x_total{reason=~"a|c"}', [], 1],
    ['culvert_x_total{reason!~"a|c"}', [], 1],
    ["sum by (kind) (culvert_x_total)", [], 1],
    ["sum by (reason) (culvert_x_total)", ["instance"], 1],
    ["sum(culvert_x_total)", ["reason"], 1],
    ["rate(x_total[5m])", [], 1],
  ];
  for (const [expr, used, count] of cases) {
    equal(problemsOf({ where: "here", expr, used }, values).length, count, expr);
  }
});

/** `culvert_x{a="b"}` of an expression. */
interface Selector {
  readonly name: string;
  readonly matchers: readonly { readonly label: string; readonly value: string }[];
}

/** Values of each label of each metric, by name. */
type Values = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;

function valuesByLabel(keys: readonly string[]): Values {
  const metrics = new Map<string, Map<string, Set<string>>>();
  for (const { name, matchers } of keys.flatMap(selectorsOf)) {
    const labels = metrics.get(name) ?? new Map<string, Set<string>>();
    metrics.set(name, labels);
    for (const { label, value } of matchers) {
      labels.set(label, (labels.get(label) ?? new Set()).add(value));
    }
  }
  return metrics;
}

function selectorsOf(text: string): Selector[] {
  return [...text.matchAll(/\b(culvert_[a-z_]+)(?:\{([^}]*)\})?/g)].map((
    [, name = "", inside],
  ) => ({
    name,
    matchers: [...(inside ?? "").matchAll(/([a-z_]+)(?:=~|!~|!=|=)"([^"]*)"/g)]
      .map(([, label = "", value = ""]) => ({ label, value })),
  }));
}

function problemsOf({ where, expr, used }: Query, values: Values): string[] {
  const selectors = selectorsOf(expr);
  const isForeign = FOREIGN.some((name) => new RegExp(`^${name}\\b`).test(expr));
  if (selectors.length === 0 && !isForeign) return [`${where}: no metric of ours`];
  const known = new Set([
    ...ADDED,
    ...selectors.flatMap(({ name }) => [...values.get(name)?.keys() ?? []]),
  ]);
  const kept = groupingOf(expr);
  const result = kept ?? (/^\s*(sum|max|min|avg|count)\b/.test(expr) ? [] : [...known]);
  return [
    ...selectors.flatMap((selector) => selectorProblems(selector, values)),
    ...(kept ?? []).filter((label) => !known.has(label)).map((label) => `groups by ${label}`),
    ...used.filter((label) => !result.includes(label)).map((label) => `shows ${label}`),
  ].map((problem) => `${where}: ${problem}`);
}

/**
 * Labels that the outermost `by` keeps, without the `le` that a quantile takes away; undefined if
 * there is no `by`.
 */
function groupingOf(expr: string): string[] | undefined {
  const [, list] = /\bby \(([^)]*)\)/.exec(expr) ?? [];
  return list?.split(",").map((label) => label.trim())
    .filter((label) => label !== "le" || !expr.includes("histogram_quantile"));
}

function selectorProblems({ name, matchers }: Selector, values: Values): string[] {
  const labels = values.get(name);
  if (labels === undefined) return [`${name} is not in /metrics`];
  return matchers.filter(({ label }) => !ADDED.includes(label)).flatMap(({ label, value }) => {
    const known = labels.get(label);
    if (known === undefined) return [`${name} has no label ${label}`];
    return value.split("|").filter((one) => !known.has(one))
      .map((one) => `${name} has no ${label}="${one}"`);
  });
}
