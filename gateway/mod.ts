// What other programs may import: a gateway to run inside them, and its API as an app for their own
// server.

export { type ApiOptions, createApi } from "./api/create_api.ts";
export { ConfigError, type Origin } from "./config/error.ts";
export { loadConfig, type LoadedConfig, type LoadOptions } from "./config/load.ts";
export type { GatewayConfig, InnerConfig, StaticSa } from "./config/types.ts";
export type { IpAddress } from "./model/address.ts";
export type { AeadName } from "./model/aead.ts";
export type { ConnectionView } from "./model/connection.ts";
export type { ConnectionStateName } from "./model/connection_state.ts";
export type { SaDirection } from "./model/direction.ts";
export type { GatewayEvent, LogFields } from "./model/event.ts";
export type { ByKind, FrameKind } from "./model/frame_kind.ts";
export type { Gateway, KickOutcome } from "./model/gateway.ts";
export type { GatewayStatus } from "./model/gateway_status.ts";
export type { Histogram } from "./model/histogram.ts";
export type { LogLevel } from "./model/log_level.ts";
export type { Prefix } from "./model/prefix.ts";
export type { Refusal } from "./model/refusal.ts";
export type { SaSpec } from "./model/sa_spec.ts";
export type { SaView } from "./model/sa_view.ts";
export type { SocketAddress } from "./model/socket_address.ts";
export type { Totals } from "./model/totals.ts";
export { VERSION } from "./model/version.ts";
export { runtime } from "./runtime/mod.ts";
export type { HttpServer, Runtime, ServeOptions } from "./runtime/types.ts";
export { createLog, type Log, type LogOptions } from "./shell/log.ts";
export { type RunningGateway, startGateway, type StartOptions } from "./shell/start.ts";
