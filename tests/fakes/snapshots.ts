// Readings of a gateway for tests: counters as told, everything else at rest.

import type { ConnectionView } from "../../gateway/model/connection.ts";
import type { ByKind } from "../../gateway/model/frame_kind.ts";
import type { GatewayStatus } from "../../gateway/model/gateway_status.ts";
import { createIkePeers } from "../../gateway/shell/ike_peers.ts";

export interface FakeSnapshot {
  readonly at: number;
  readonly status: GatewayStatus;
  readonly connections: readonly ConnectionView[];
}

/** Makes a connection that has carried this many octets of ESP. */
export function createFakeConnection(
  id: number,
  octets: { readonly inbound: number; readonly outbound: number },
  more: Partial<ConnectionView> = {},
): ConnectionView {
  return {
    id,
    remote: `192.0.2.${id}:4500`,
    local: "198.51.100.1:4500",
    upstreamLocal: null,
    state: "enabled",
    since: "2026-11-24T12:00:00.000Z",
    lane: 0,
    frames: { inbound: esp(1), outbound: esp(1) },
    octets: { inbound: esp(octets.inbound), outbound: esp(octets.outbound) },
    queueOctets: 0,
    sas: [],
    spis: [],
    rttMicros: 100,
    ...more,
  };
}

/** Makes a reading `seconds` after the gateway's start; its totals are those of its connections. */
export function createFakeSnapshot(
  seconds: number,
  connections: readonly ConnectionView[],
  drops: Readonly<Record<string, number>> = {},
): FakeSnapshot {
  const total = (direction: "inbound" | "outbound"): ByKind =>
    esp(connections.reduce((sum, { octets }) => sum + octets[direction].esp, 0));
  const histogram = { bounds: [1, 2], counts: [seconds, 0, 0], sum: 0 };
  return {
    at: 1_700_000_000_000 + seconds * 1000,
    connections,
    status: {
      version: "0",
      uptimeSeconds: seconds,
      runtime: "fake",
      engine: "fake",
      lanes: 1,
      offloads: {
        tunTcp: "on",
        tunUdp: "refused",
        upstreamUdpSegment: "off",
        upstreamUdpGro: "on",
      },
      listeners: ["198.51.100.1:4500"],
      upstream: null,
      limits: {},
      draining: false,
      unready: [],
      totals: {
        connections: { accepted: 0, prefixed: 0, enabled: connections.length, draining: 0 },
        accepts: { accepted: 0, refused_total: 0, refused_source: 0, refused_draining: 0 },
        frames: { inbound: esp(0), outbound: esp(0) },
        octets: { inbound: total("inbound"), outbound: total("outbound") },
        drops,
        closes: {},
        sas: { inbound: 0, outbound: 0 },
        espPackets: { inbound: 0, outbound: 0 },
        ecnMarks: 0,
        sendQueueOctets: histogram,
        ikeDelaySeconds: histogram,
        ike: createIkePeers({ date: () => new Date(0) }).totals(),
        laneBusyRatio: [0],
        eventsLost: 0,
        logLinesDropped: 0,
      },
    },
  };
}

function esp(count: number): ByKind {
  return { ike: 0, esp: count, keepalive: 0, empty: 0 };
}
