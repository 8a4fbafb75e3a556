// What docs/operate asks of Prometheus: expressions, and the labels that texts beside them take
// from their results.

import { readFileSync } from "node:fs";
import * as z from "zod";

/** An expression, and the labels of its result that a text uses. */
export interface Query {
  /** Where it stands, for people. */
  readonly where: string;
  readonly expr: string;
  readonly used: readonly string[];
}

/** Of every panel and annotation of the Grafana dashboard. */
export function dashboardQueries(): Query[] {
  const { annotations, panels, templating } = DASHBOARD.parse(JSON.parse(read("grafana.json")));
  const variables = templating.list.flatMap(({ name, query }) => {
    if (typeof query === "string") return [];
    // `label_values(METRIC, LABEL)` is Grafana's own.
    const [, metric, label] = /^label_values\((\w+), (\w+)\)$/.exec(query.query) ?? [];
    if (metric === undefined || label === undefined) throw new RangeError(`Not known: ${name}`);
    return [{ where: `variable ${name}`, expr: metric, used: [label] }];
  });
  return [
    ...variables,
    ...annotations.list.map(({ name, expr, textFormat }) => {
      return { where: `annotation ${name}`, expr, used: legendLabels(textFormat) };
    }),
    ...panels.flatMap(({ title, targets }) =>
      targets.map(({ expr, legendFormat }) => {
        return { where: `panel ${title}`, expr, used: legendLabels(legendFormat) };
      })
    ),
  ];
}

/** Of every alert rule. */
export function alertQueries(): Query[] {
  const [, ...rules] = read("alerts.yml").split(/^ +- alert: /m);
  return rules.map((rule) => {
    const [, expr] = /^ +expr: (?:>-)?(.*(?:\n {10}.*)*)/m.exec(rule) ?? [];
    if (expr === undefined) throw new RangeError(`No expression: ${rule}`);
    const used = [...rule.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label ?? "");
    return { where: `alert ${rule.split("\n")[0]}`, expr: expr.trim(), used };
  });
}

/** An expression as Prometheus takes it: Grafana's variables have values. */
export function withoutVariables(expr: string): string {
  return expr.replaceAll("$__rate_interval", "5m").replaceAll("$__interval", "1m")
    .replaceAll("$instance", ".*");
}

const TARGET = z.object({ expr: z.string(), legendFormat: z.string() });

const DASHBOARD = z.object({
  annotations: z.object({
    list: z.array(z.object({ name: z.string(), expr: z.string(), textFormat: z.string() })),
  }),
  panels: z.array(z.object({ title: z.string(), targets: z.array(TARGET) })),
  templating: z.object({
    list: z.array(z.object({
      name: z.string(),
      query: z.union([z.string(), z.object({ query: z.string() })]),
    })),
  }),
});

function read(name: string): string {
  return readFileSync(new URL(`../../docs/operate/${name}`, import.meta.url), "utf8");
}

function legendLabels(text: string): string[] {
  return [...text.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, label]) => label ?? "");
}
