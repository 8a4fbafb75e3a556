// The two text forms of the metrics: Prometheus 0.0.4, which every collector reads, and OpenMetrics
// 1.0 for collectors that ask for it.

import type { GatewayStatus } from "../model/gateway_status.ts";
import type { Histogram } from "../model/histogram.ts";
import { type Labels, type Metric, METRICS } from "./metrics.ts";

/** A text form. */
export type MetricsFormat = "prometheus" | "openmetrics";

/** Media types of the forms, without parameters. */
export const MEDIA_TYPES: Readonly<Record<MetricsFormat, string>> = {
  prometheus: "text/plain",
  openmetrics: "application/openmetrics-text",
};

/** `Content-Type` of each form. */
export const CONTENT_TYPES: Readonly<Record<MetricsFormat, string>> = {
  prometheus: `${MEDIA_TYPES.prometheus}; version=0.0.4; charset=utf-8`,
  openmetrics: `${MEDIA_TYPES.openmetrics}; version=1.0.0; charset=utf-8`,
};

/** Renders the page of metrics for a gateway's status. */
export function renderMetrics(status: GatewayStatus, format: MetricsFormat): string {
  const page = METRICS.map((metric) => renderMetric(metric, status, format)).join("");
  return format === "openmetrics" ? `${page}# EOF\n` : page;
}

function renderMetric(metric: Metric, status: GatewayStatus, format: MetricsFormat): string {
  const { name, help } = metric;
  const { family, type } = familyOf(metric, format);
  const lines = metric.type === "histogram"
    ? histogramLines(name, metric.histogram(status), format)
    : metric.samples(status).map(({ labels, value }) => line(name, labels, value));
  return [`# HELP ${family} ${help}`, `# TYPE ${family} ${type}`, ...lines, ""].join("\n");
}

/**
 * OpenMetrics names a family without the suffix of its samples, and has the type `info` for metrics
 * that exist for their labels.
 */
function familyOf(
  { name, type }: Metric,
  format: MetricsFormat,
): Record<"family" | "type", string> {
  if (format === "prometheus") return { family: name, type: type === "info" ? "gauge" : type };
  return { family: name.replace(SUFFIXES[type] ?? "", ""), type };
}

const SUFFIXES: Readonly<Partial<Record<Metric["type"], RegExp>>> = {
  counter: /_total$/,
  info: /_info$/,
};

/** Buckets are cumulative on the page, but separate in the status. */
function histogramLines(
  name: string,
  histogram: Histogram,
  format: MetricsFormat,
): readonly string[] {
  let count = 0;
  const buckets = [...histogram.bounds, Infinity].map((bound, at) => {
    count += histogram.counts[at] ?? 0;
    return line(`${name}_bucket`, { le: boundText(bound, format) }, count);
  });
  return [...buckets, line(`${name}_sum`, {}, histogram.sum), line(`${name}_count`, {}, count)];
}

/** OpenMetrics requires bounds in the canonical form of floats. */
function boundText(bound: number, format: MetricsFormat): string {
  const isWhole = format === "openmetrics" && Number.isInteger(bound);
  return isWhole ? `${bound}.0` : numberText(bound);
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escape(String(text))}"`);
  const braces = pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
  return `${name}${braces} ${numberText(value)}`;
}

function numberText(value: number): string {
  return value === Infinity ? "+Inf" : String(value);
}

function escape(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
