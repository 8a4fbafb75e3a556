// The metrics (docs/reference/metrics.md). This table has every name, so that documents, alerts and
// dashboards can be checked against it. No label takes a value that a peer chooses.

import type { ByKind } from "../model/frame_kind.ts";
import type { GatewayStatus } from "../model/gateway_status.ts";
import type { Histogram } from "../model/histogram.ts";
import type { Totals } from "../model/totals.ts";
import { UNREADY_REASONS } from "../model/unready.ts";

/** Labels of a sample, in the order they are written. */
export type Labels = Readonly<Record<string, string | number>>;

/** One number of a metric. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** A metric: its name, and how its values follow from the gateway's status. */
export type Metric =
  & { readonly name: string; readonly help: string }
  & (
    | {
      readonly type: "counter" | "gauge" | "info";
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
    name: "culvert_ecn_marks_total",
    type: "counter",
    help: "Packets of the inner side marked (ECN) to tell of a standing queue, in place of a drop.",
    samples: ({ totals }) => [{ labels: {}, value: totals.ecnMarks }],
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
    name: "culvert_ike_sas",
    type: "gauge",
    help: "IKE SAs of this process by state.",
    samples: ({ totals: { ike } }) => byLabel("state", ike.sas),
  },
  {
    name: "culvert_child_sas",
    type: "gauge",
    help: "Child SAs of this process, each a pair of SAs.",
    samples: ({ totals: { ike } }) => [{ labels: {}, value: ike.childSas }],
  },
  {
    name: "culvert_leases",
    type: "gauge",
    help: "Inner addresses of the pools that peers have.",
    samples: ({ totals: { ike } }) => [{ labels: {}, value: ike.leases }],
  },
  {
    name: "culvert_ike_failures_total",
    type: "counter",
    help: "Attempts for an IKE SA or a Child SA that failed, by reason.",
    samples: ({ totals: { ike } }) => byLabel("reason", ike.failures),
  },
  {
    name: "culvert_ike_handshake_seconds",
    type: "histogram",
    help: "Time from the first message of an IKE SA until it was up.",
    histogram: ({ totals: { ike } }) => ike.handshakeSeconds,
  },
  {
    name: "culvert_rekeys_total",
    type: "counter",
    help: "Rekeys that were made, by what was replaced and the side that began.",
    samples: ({ totals: { ike: { rekeys } } }) => [
      ...bySide("ike", rekeys.ike),
      ...bySide("child", rekeys.child),
    ],
  },
  {
    name: "culvert_lane_busy_ratio",
    type: "gauge",
    help: "Share of its time that a lane is not waiting.",
    samples: ({ totals }) =>
      totals.laneBusyRatio.map((value, lane) => ({ labels: { lane }, value })),
  },
  {
    name: "culvert_events_lost_total",
    type: "counter",
    help: "Events that were not told: more came at once than there was room for.",
    samples: ({ totals }) => [{ labels: {}, value: totals.eventsLost }],
  },
  {
    name: "culvert_log_lines_dropped_total",
    type: "counter",
    help: "Lines of the log that were lost: standard error did not take them.",
    samples: ({ totals }) => [{ labels: {}, value: totals.logLinesDropped }],
  },
  {
    name: "culvert_upstream_up",
    type: "gauge",
    help: "0 while the IKE daemon behind, or the way to it, refuses what is sent; else 1.",
    samples: ({ upstream }) => [{ labels: {}, value: upstream?.state === "down" ? 0 : 1 }],
  },
  {
    name: "culvert_ready",
    type: "gauge",
    help: "0 if this reason keeps new clients from being served, 1 if it does not.",
    samples: ({ unready }) =>
      UNREADY_REASONS.map((reason) => ({
        labels: { reason },
        value: unready.includes(reason) ? 0 : 1,
      })),
  },
  {
    name: "culvert_build_info",
    type: "info",
    help: "Always 1; version, runtime and AEAD engine are its labels.",
    samples: ({ version, runtime, engine }) => [{ labels: { version, runtime, engine }, value: 1 }],
  },
];

function byLabel(label: string, values: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));
}

function bySide(what: string, values: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(values).map(([side, value]) => ({ labels: { what, side }, value }));
}

function byDirectionAndKind(
  values: Pick<Totals["frames"], "inbound" | "outbound">,
): readonly Sample[] {
  const samples = (direction: string, kinds: ByKind): readonly Sample[] => {
    return Object.entries(kinds).map(([kind, value]) => ({ labels: { direction, kind }, value }));
  };
  return [...samples("inbound", values.inbound), ...samples("outbound", values.outbound)];
}
