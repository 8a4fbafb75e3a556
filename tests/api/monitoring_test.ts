// Dashboard and alert rules name only metrics, labels and values that `/metrics` of a running gateway has.

import { deepEqual, ok } from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe } from "node:test";
import { readMetrics } from "../support/metrics.ts";
import { scenario } from "../support/scenario.ts";
import { useGateway } from "../support/use_gateway.ts";

/** Labels that Prometheus adds to each sample. */
const ADDED = ["instance", "job"];

describe("monitoring", () => {
  const gateway = useGateway();

  for (const file of ["grafana.json", "alerts.yml"]) {
    scenario(`docs/monitoring/${file} uses what /metrics has`, async () => {
      const values = valuesByLabel([...(await readMetrics(gateway().api)).keys()]);
      const url = new URL(`../../docs/monitoring/${file}`, import.meta.url);
      const text = (await readFile(url, "utf8")).replaceAll('\\"', '"');
      const used = selectorsOf(text);
      ok(used.length > 5, `${used.length} selectors found`);
      deepEqual(used.flatMap((selector) => problemsOf(selector, values)), []);
    });
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

function problemsOf({ name, matchers }: Selector, values: Values): string[] {
  const labels = values.get(name);
  if (labels === undefined) return [`${name} is not in /metrics`];
  return matchers.filter(({ label }) => !ADDED.includes(label)).flatMap(({ label, value }) => {
    const known = labels.get(label);
    if (known === undefined) return [`${name} has no label ${label}`];
    return value.split("|").filter((one) => !known.has(one))
      .map((one) => `${name} has no ${label}="${one}"`);
  });
}
