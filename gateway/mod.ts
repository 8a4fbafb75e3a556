// What other programs may import: a gateway to run inside them, and its API as an app for a server of theirs.

export { type ApiOptions, createApi } from "./api/create_api.ts";
export type { IpAddress, SocketAddress } from "./model/address.ts";
export { ConfigError, type Origin } from "./config/error.ts";
export { loadConfig, type LoadedConfig, type LoadOptions } from "./config/load.ts";
export type { GatewayConfig, InnerConfig, StaticSa } from "./config/types.ts";
export { runtime } from "./runtime/mod.ts";
export type { HttpServer, Runtime, ServeOptions } from "./runtime/types.ts";
export {
  createLog,
  type Log,
  type LogFields,
  type LogLevel,
  type LogOptions,
} from "./shell/log.ts";
export { type RunningGateway, startGateway, type StartOptions } from "./shell/start.ts";
export type * from "./model/types.ts";
export { VERSION } from "./model/version.ts";
