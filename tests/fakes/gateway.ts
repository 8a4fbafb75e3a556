// A gateway that is only tables, for tests of the API and of the terminal commands in front of one.

import { noRefusals } from "../../gateway/model/ike_refusal.ts";
import type { ConnectionView } from "../../gateway/model/connection.ts";
import type { GatewayEvent, Subject } from "../../gateway/model/event.ts";
import type { ByKind } from "../../gateway/model/frame_kind.ts";
import type { Gateway } from "../../gateway/model/gateway.ts";
import type { GatewayStatus } from "../../gateway/model/gateway_status.ts";
import type { PeerView } from "../../gateway/model/peer.ts";
import type { Refusal } from "../../gateway/model/refusal.ts";
import type { SaSpec } from "../../gateway/model/sa_spec.ts";
import type { SaView } from "../../gateway/model/sa_view.ts";
import type { Totals } from "../../gateway/model/totals.ts";
import type { Unready } from "../../gateway/model/unready.ts";

/** A gateway whose tables a test may change before or between calls. */
export interface FakeGateway extends Gateway {
  readonly connectionTable: Map<number, ConnectionView>;
  /** By id. */
  readonly saTable: Map<number, SaView>;
  readonly peerTable: Map<number, PeerView>;
  /** Dummy packets that were asked for, in order. */
  readonly dummies: { readonly id: number; readonly octets: number }[];
  /** Sets what the next installs and dummies are refused with; undefined lets them pass. */
  refuseWith(refusal: Refusal | undefined): void;
  /** Sets what keeps it from being ready, beside a drain. */
  hinderBy(unready: readonly Unready[]): void;
  /** Tells an event to all listeners; default about no stranger. */
  emit(event: GatewayEvent, subject?: Subject): void;
  /** Number of listeners. */
  listeners(): number;
}

/** Makes a gateway with one connection (id 7) and no SA. */
export function createFakeGateway(): FakeGateway {
  const connectionTable = new Map([[7, FAKE_CONNECTION]]);
  const saTable = new Map<number, SaView>();
  const peerTable = new Map([[3, FAKE_PEER]]);
  const listeners = new Set<(event: GatewayEvent, subject: Subject) => void>();
  const dummies: { id: number; octets: number }[] = [];
  const state: {
    refusal: Refusal | undefined;
    isDraining: boolean;
    unready: readonly Unready[];
    installs: number;
  } = { refusal: undefined, isDraining: false, unready: [], installs: 0 };

  function unready(): readonly Unready[] {
    const draining: Unready = { reason: "draining", detail: "The gateway is draining" };
    return [...state.isDraining ? [draining] : [], ...state.unready];
  }

  function sasOf(spi: number): number[] {
    return [...saTable.values()].filter((sa) => sa.spi === spi).map(({ id }) => id);
  }

  function installSa(spec: SaSpec): Promise<{ readonly id: number } | Refusal> {
    if (state.refusal !== undefined) return Promise.resolve(state.refusal);
    if (spec.direction === "inbound" && sasOf(spec.spi).length > 0) {
      return Promise.resolve({ kind: "conflict", member: "spi", detail: "An SA has it" });
    }
    const id = ++state.installs;
    saTable.set(id, viewOf(spec, id));
    return Promise.resolve({ id });
  }

  function sendDummy(id: number, octets: number): Refusal | "unknown" | undefined {
    if (!saTable.has(id)) return "unknown";
    if (state.refusal !== undefined) return state.refusal;
    dummies.push({ id, octets });
    return undefined;
  }

  return {
    connectionTable,
    saTable,
    peerTable,
    dummies,
    refuseWith: (refusal) => void (state.refusal = refusal),
    hinderBy: (reasons) => void (state.unready = reasons),
    status: () => ({
      ...FAKE_STATUS,
      draining: state.isDraining,
      unready: unready().map(({ reason }) => reason),
    }),
    totals: () => FAKE_TOTALS,
    connections: () => [...connectionTable.values()],
    connection: (id) => connectionTable.get(id),
    kick: (id) => connectionTable.delete(id) ? "told" : "unknown",
    peers: () => [...peerTable.values()],
    peer: (id) => peerTable.get(id),
    endPeer: (id) => peerTable.delete(id),
    sas: () => [...saTable.values()],
    sa: (id) => saTable.get(id),
    sasOf,
    installSa,
    removeSa: (id) => saTable.delete(id),
    sendDummy,
    drain: () => void (state.isDraining = true),
    isDraining: () => state.isDraining,
    unready,
    subscribe(listener): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    emit: (event, subject = "other") => listeners.forEach((listener) => listener(event, subject)),
    listeners: () => listeners.size,
  };
}

function viewOf(spec: SaSpec, id: number): SaView {
  const { keyMaterial, ...shown } = spec;
  return {
    id,
    ...shown,
    keyBits: (keyMaterial.length - 4) * 8,
    packets: 0n,
    octets: 0n,
    sequence: spec.initialSequence,
    installedAt: "2026-11-24T12:00:00.000Z",
    lastValidAt: null,
    state: "active",
    path: null,
  };
}

const NONE: ByKind = { ike: 0, esp: 0, keepalive: 0, empty: 0 };

const FAKE_CONNECTION: ConnectionView = {
  id: 7,
  remote: "192.0.2.7:49152",
  local: "192.0.2.1:4500",
  upstreamLocal: "127.97.46.176:40124",
  state: "enabled",
  since: "2026-11-24T12:00:00.000Z",
  lane: 0,
  frames: { inbound: { ...NONE, esp: 12 }, outbound: { ...NONE, esp: 9 } },
  octets: { inbound: { ...NONE, esp: 1200 }, outbound: { ...NONE, esp: 900 } },
  queueOctets: 0,
  sas: [1],
  spis: ["0xc0ffee01"],
  rttMicros: 340,
};

const FAKE_PEER: PeerView = {
  id: 3,
  identity: "carol@example.org",
  policy: "staff",
  remote: "192.0.2.7:49152",
  transport: "tcp",
  connection: 7,
  state: "connected",
  role: "responder",
  since: "2026-11-24T12:00:00.000Z",
  lease: ["10.93.64.1"],
  ike: { suite: "aes256gcm16-prfsha256-x25519", spi: "8f3a61c07be44d15_i 20b9c7e5d1f60a38_r" },
  children: [{
    id: "0xc0ffee01",
    suite: "aes256gcm16-esn",
    local: ["10.93.29.0/24"],
    remote: ["10.93.64.1/32"],
    octets: { inbound: 1200, outbound: 900 },
    since: "2026-11-24T12:00:00.000Z",
  }],
  rekeys: { ike: 1, child: 4 },
  lastSeen: "2026-11-24T12:01:00.000Z",
};

const FAKE_TOTALS: Totals = {
  connections: { accepted: 0, prefixed: 1, enabled: 2, draining: 0 },
  accepts: { accepted: 3, refused_total: 1, refused_source: 0, refused_draining: 0 },
  frames: { inbound: { ...NONE, ike: 4, esp: 12 }, outbound: { ...NONE, esp: 9 } },
  octets: { inbound: { ...NONE, ike: 400, esp: 1200 }, outbound: { ...NONE, esp: 900 } },
  drops: { unknown_spi: 2, seq_replayed: 0, keepalive: 3 },
  closes: { peer_closed: 1 },
  sas: { inbound: 1, outbound: 1 },
  espPackets: { inbound: 12, outbound: 9 },
  ecnMarks: 7,
  sendQueueOctets: { bounds: [1000, 10_000], counts: [5, 2, 1], sum: 23_456 },
  ikeDelaySeconds: { bounds: [0.001, 0.01], counts: [3, 1, 0], sum: 0.0042 },
  ike: {
    sas: { half_open: 2, established: 1 },
    childSas: 1,
    leases: 1,
    failures: { ...noRefusals(), identity_unknown: 1, ike_proposal: 3, secret: 2 },
    rekeys: { ike: { here: 1, peer: 0 }, child: { here: 1, peer: 3 } },
    handshakeSeconds: { bounds: [0.01, 0.1], counts: [4, 2, 1], sum: 1.5 },
  },
  laneBusyRatio: [0.25, 0],
  eventsLost: 3,
  logLinesDropped: 2,
};

const FAKE_STATUS: GatewayStatus = {
  version: "1.2.3",
  uptimeSeconds: 61.5,
  runtime: "fake 1",
  engine: 'wasm "relaxed"',
  lanes: 2,
  offloads: { tunTcp: "on", tunUdp: "refused", upstreamUdpSegment: "off", upstreamUdpGro: "on" },
  listeners: ["192.0.2.1:4500", "[2001:db8::1]:4500"],
  upstream: {
    address: "127.0.0.1:4500",
    state: "up",
    reason: null,
    since: "2026-11-24T12:00:00.000Z",
  },
  limits: { connections: 10_000 },
  totals: FAKE_TOTALS,
  draining: false,
  unready: [],
};
