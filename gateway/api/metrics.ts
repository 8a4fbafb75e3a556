// `/metrics`: the counters as Prometheus text (exposition format 0.0.4; docs/interface.md §3). One table has every name, so that
// documents, alerts and dashboards can be checked against it. No label takes a value that a peer chooses.

import type { ByKind, GatewayStatus, Histogram, Totals } from "../shell/types.ts";
import type { ApiState, Route } from "./route.ts";

type Labels = Readonly<Record<string, string | number>>;

/** One number of a metric. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** A metric: what it is called, and how it is made of the gateway's status. */
export type Metric =
  & { readonly name: string; readonly help: string }
  & (
    | {
      readonly type: "counter" | "gauge";
      readonly samples: (status: GatewayStatus) => readonly Sample[];
    }
    | { readonly type: "histogram"; readonly histogram: (status: GatewayStatus) => Histogram }
  );

/** Every metric, in the order of the page. */
export const METRICS: readonly Metric[] = [
  {
    name: "culvert_connections",
    type: "gauge",
    help: "Open connections by state.",
    samples: ({ totals }) => byLabel("state", totals.connections),
  },
  {
    name: "culvert_accepts_total",
    type: "counter",
    help: "TCP connections taken from the listeners, by what became of them.",
    samples: ({ totals }) => byLabel("result", totals.accepts),
  },
  {
    name: "culvert_frames_total",
    type: "counter",
    help: "Frames by direction and kind.",
    samples: ({ totals }) => byDirectionAndKind(totals.frames),
  },
  {
    name: "culvert_octets_total",
    type: "counter",
    help: "Octets of frames without their Length fields, by direction and kind.",
    samples: ({ totals }) => byDirectionAndKind(totals.octets),
  },
  {
    name: "culvert_drops_total",
    type: "counter",
    help: "Messages and packets that went no further, by reason.",
    samples: ({ totals }) => byLabel("reason", totals.drops),
  },
  {
    name: "culvert_closes_total",
    type: "counter",
    help: "Connections that ended, by reason.",
    samples: ({ totals }) => byLabel("reason", totals.closes),
  },
  {
    name: "culvert_sas",
    type: "gauge",
    help: "Installed SAs by direction.",
    samples: ({ totals }) => byLabel("direction", totals.sas),
  },
  {
    name: "culvert_esp_packets_total",
    type: "counter",
    help: "ESP packets opened (inbound) and sealed (outbound).",
    samples: ({ totals }) => byLabel("direction", totals.espPackets),
  },
  {
    name: "culvert_send_queue_octets",
    type: "histogram",
    help: "Octets queued on a connection when a frame is added.",
    histogram: ({ totals }) => totals.sendQueueOctets,
  },
  {
    name: "culvert_ike_delay_seconds",
    type: "histogram",
    help: "Time of an IKE message in the gateway, from its last octet read to its last octet sent.",
    histogram: ({ totals }) => totals.ikeDelaySeconds,
  },
  {
    name: "culvert_lane_busy_ratio",
    type: "gauge",
    help: "Share of its time that a lane is not waiting.",
    samples: ({ totals }) =>
      totals.laneBusyRatio.map((value, lane) => ({ labels: { lane }, value })),
  },
  {
    name: "culvert_build_info",
    type: "gauge",
    help: "Always 1; version, runtime and AEAD engine are its labels.",
    samples: ({ version, runtime, engine }) => [{ labels: { version, runtime, engine }, value: 1 }],
  },
];

/** The route of the metrics. */
export function metricsRoutes(state: ApiState): readonly Route[] {
  return [{
    path: "/metrics",
    methods: {
      GET: (context) =>
        context.body(renderMetrics(state.gateway.status()), 200, {
          "content-type": "text/plain; version=0.0.4; charset=utf-8",
        }),
    },
  }];
}

/** The page of a gateway's status. */
export function renderMetrics(status: GatewayStatus): string {
  return METRICS.map((metric) => renderMetric(metric, status)).join("");
}

function renderMetric(metric: Metric, status: GatewayStatus): string {
  const { name, type, help } = metric;
  const lines = metric.type === "histogram"
    ? histogramLines(name, metric.histogram(status))
    : metric.samples(status).map(({ labels, value }) => line(name, labels, value));
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ""].join("\n");
}

/** Buckets are cumulative on the page, and not in the table. */
function histogramLines(name: string, histogram: Histogram): readonly string[] {
  let count = 0;
  const buckets = [...histogram.bounds, Infinity].map((bound, at) => {
    count += histogram.counts[at] ?? 0;
    return line(`${name}_bucket`, { le: numberText(bound) }, count);
  });
  return [...buckets, line(`${name}_sum`, {}, histogram.sum), line(`${name}_count`, {}, count)];
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

function byLabel(label: string, values: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));
}

function byDirectionAndKind(
  values: Pick<Totals["frames"], "inbound" | "outbound">,
): readonly Sample[] {
  const samples = (direction: string, kinds: ByKind): readonly Sample[] => {
    return Object.entries(kinds).map(([kind, value]) => ({ labels: { direction, kind }, value }));
  };
  return [...samples("inbound", values.inbound), ...samples("outbound", values.outbound)];
}
