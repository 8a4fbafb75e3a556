// What the API and the terminal commands see of a running gateway. Implemented by `gateway.ts`; names are those of
// docs/interface.md §2 and §3, so a value here goes out as it is.

export type SaDirection = "inbound" | "outbound";
export type AeadName = "aes-gcm-16" | "chacha20-poly1305";

/** An SA as it is installed; `keyMaterial` is key then salt (RFC 4106 §8.1, RFC 7634 §2). Numbers above 2^53 are bigint. */
export interface SaSpec {
  readonly spi: number;
  readonly direction: SaDirection;
  readonly peer: string;
  readonly aead: AeadName;
  readonly keyMaterial: Uint8Array;
  readonly local: readonly Prefix[];
  readonly remote: readonly Prefix[];
  readonly esn: boolean;
  readonly replayWindow: number;
  readonly softPackets: bigint;
  readonly hardPackets: bigint;
  readonly hardOctets: bigint;
  readonly hardSeconds: number;
  readonly initialSequence: bigint;
}

/** An address prefix; `octets` has 4 or 16, host bits are zero. */
export interface Prefix {
  readonly octets: Uint8Array;
  readonly bits: number;
  readonly text: string;
}

/** An SA as it is shown: everything but the key. */
export interface SaView extends Omit<SaSpec, "keyMaterial"> {
  readonly keyBits: number;
  readonly packets: bigint;
  readonly octets: bigint;
  /** Outbound: the last number used; inbound: the highest authenticated. */
  readonly sequence: bigint;
  readonly installedAt: string;
  readonly lastValidAt: string | null;
  readonly state: "active" | "soft" | "expired";
  /** Connection id of the peer's path, outbound only. */
  readonly path: number | null;
}

export type ConnectionStateName = "accepted" | "prefixed" | "enabled" | "draining";
export type FrameKind = "ike" | "esp" | "keepalive" | "empty";
export type ByKind = Readonly<Record<FrameKind, number>>;

export interface ConnectionView {
  readonly id: number;
  readonly remote: string;
  /** The address that the peer has connected to. */
  readonly local: string;
  readonly state: ConnectionStateName;
  readonly since: string;
  readonly lane: number;
  readonly frames: { readonly inbound: ByKind; readonly outbound: ByKind };
  readonly octets: { readonly inbound: ByKind; readonly outbound: ByKind };
  readonly queueOctets: number;
  readonly spis: readonly string[];
  readonly rttMicros: number | null;
}

export interface Histogram {
  /** Upper bounds, ascending, without +Inf. */
  readonly bounds: readonly number[];
  /** Counts per bucket, one more than bounds, not cumulative. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** Every number `/metrics` and `/v1/status` are made of, read from shared memory at one moment. */
export interface Totals {
  readonly connections: Readonly<Record<ConnectionStateName, number>>;
  readonly accepts: Readonly<
    Record<"accepted" | "refused_total" | "refused_source" | "refused_draining", number>
  >;
  readonly frames: { readonly inbound: ByKind; readonly outbound: ByKind };
  readonly octets: { readonly inbound: ByKind; readonly outbound: ByKind };
  /** By status name in snake_case: fates ignore, drop and suspect. */
  readonly drops: Readonly<Record<string, number>>;
  /** By status name in snake_case: fate close. */
  readonly closes: Readonly<Record<string, number>>;
  readonly sas: Readonly<Record<SaDirection, number>>;
  readonly espPackets: Readonly<Record<SaDirection, number>>;
  /** Packets that were marked (RFC 3168) in place of a drop for `queue_delay`. */
  readonly ecnMarks: number;
  readonly sendQueueOctets: Histogram;
  readonly ikeDelaySeconds: Histogram;
  readonly laneBusyRatio: readonly number[];
  /** Events for which a lane's ring had no room. */
  readonly eventsLost: number;
}

export interface GatewayStatus {
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly runtime: string;
  readonly engine: string;
  readonly lanes: number;
  readonly limits: Readonly<Record<string, number>>;
  readonly totals: Totals;
  readonly draining: boolean;
}

/** Why an install or an action was refused: 409 (`conflict`) or 422 (`invalid`); `member` names the SA member at fault. */
export interface Refusal {
  readonly kind: "conflict" | "invalid";
  readonly detail: string;
  readonly member?: string;
}

/** One line of what happened, for the log and `GET /v1/events`. Never holds key material. */
export interface GatewayEvent {
  readonly event: string;
  readonly at: string;
  readonly level: "debug" | "info" | "warn" | "error";
  readonly fields: Readonly<Record<string, string | number | boolean | null>>;
}

/** `unknown`: there is no such connection; `busy`: its lane has too many orders. */
export type KickOutcome = "told" | "unknown" | "busy";

/** A running gateway as its API sees it. */
export interface Gateway {
  status(): GatewayStatus;
  totals(): Totals;
  connections(): readonly ConnectionView[];
  connection(id: number): ConnectionView | undefined;
  /** Tells a connection's lane to close it. */
  kick(id: number): KickOutcome;
  sas(): readonly SaView[];
  sa(spi: number): SaView | undefined;
  installSa(spec: SaSpec): Promise<Refusal | undefined>;
  removeSa(spi: number): boolean;
  /** Sends one dummy packet (RFC 4303 §2.6); undefined if done. Throws nothing. */
  sendDummy(spi: number, octets: number): Refusal | "unknown" | undefined;
  /** Starts to drain, as SIGTERM does, without the exit. Idempotent. */
  drain(): void;
  isDraining(): boolean;
  subscribe(listener: (event: GatewayEvent) => void): () => void;
}
