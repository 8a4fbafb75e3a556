// `culvert serve`: runs the gateway and its API, and handles the signals that end or change it.

import { setTimeout as delay } from "node:timers/promises";
import { createApi } from "../api/create_api.ts";
import { loadConfig, type LoadedConfig } from "../config/load.ts";
import type { GatewayConfig } from "../config/types.ts";
import { isLoopback } from "../model/address.ts";
import { logLine } from "../model/log_line.ts";
import { type SocketAddress, socketText } from "../model/socket_address.ts";
import type { HttpServer, Runtime } from "../runtime/types.ts";
import { createLog, type Log } from "../shell/log.ts";
import { clientPlan } from "../shell/client_plan.ts";
import type { RunningGateway, StartOptions } from "../shell/start.ts";
import type { Command, CommandContext } from "./command.ts";
import { connectCommandOf } from "./first_client.ts";
import { createReload, type LiveSettings } from "./reload.ts";
import { openServedIke, type ServedIke } from "./served_ike.ts";
import { SERVE_FLAGS } from "./serve_flags.ts";
import { unsafeFiles } from "./unsafe_files.ts";

export const serveCommand: Command = {
  name: "serve",
  summary: "run the gateway",
  operands: [],
  flags: SERVE_FLAGS,
  hasLog: true,
  run: (context) => runGateway(context, () => loadServed(context)),
};

/** How long the log may take before the listening line is printed, ms. */
const SETTLE_MS = 100;

/** How long the API's last answers may take once the gateway has ended, ms. */
const API_CLOSE_MS = 500;

/** What a command does with a running gateway; the gateway ends when it is done. */
export type GatewayTask = (running: RunningGateway, config: GatewayConfig) => Promise<number>;

/**
 * Runs a gateway until it has ended, or until `task` is done. `load` reads its configuration, at
 * the start and at each SIGHUP. The result is the exit code.
 *
 * @throws {ConfigError} If the configuration is wrong at the start
 * @throws {Error} If the gateway or its API cannot start
 */
export async function runGateway(
  context: CommandContext,
  load: () => Promise<LoadedConfig>,
  task?: GatewayTask,
): Promise<number> {
  const { runtime } = context;
  const loaded = await load();
  const { config } = loaded;
  const { apiToken, logLevel, espAudit } = config;
  const live: LiveSettings = { apiToken, logLevel, espAudit };
  const { log, strangersLog } = openLog(context, config, live);
  if (config.staticSas.length > 0) {
    log("warn", "unsafe_static_sas", {
      sas: config.staticSas.length,
      reason: "Keys that come back after a restart let old packets in and wear out: for tests only",
    });
  }
  const ignored = runtime.ignoredVariables();
  if (ignored.length > 0) log("warn", "variables_ignored", { names: ignored.join(",") });
  warnOfFiles(runtime, log, loaded);
  // From here on, a signal waits until the gateway is up, and then acts.
  const ending = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    runtime.onSignal(signal, () => ending.abort());
  }
  async function loadAgain(): Promise<LoadedConfig> {
    const next = await load();
    warnOfFiles(runtime, log, next);
    return next;
  }

  const up = Promise.withResolvers<void>();
  const ike = await openServedIke(context, { config, log });
  const reload = createReload({ config, live, log, ike, load: loadAgain });
  runtime.onSignal("SIGHUP", () => void up.promise.then(reload));
  try {
    const parts = { config, live, log, strangersLog, ike, ending, isUp: up.resolve };
    return await run(context, { ...parts, task });
  } finally {
    await ike?.close();
  }
}

interface RunParts {
  readonly config: GatewayConfig;
  readonly live: LiveSettings;
  readonly log: Log;
  readonly strangersLog: Log;
  readonly ike: ServedIke | null;
  readonly ending: AbortController;
  readonly isUp: () => void;
  readonly task: GatewayTask | undefined;
}

/** Starts the gateway, and resolves with its exit code when it has ended. */
async function run(context: CommandContext, parts: RunParts): Promise<number> {
  const { runtime } = context;
  const { config, live, log, strangersLog, ike, ending, task } = parts;
  const running = await context.startGateway({
    ...{ runtime, config, log, strangersLog },
    logLinesLost: context.errors.lost,
    ike: ike?.options ?? clientIke(config),
    auditsEsp: () => live.espAudit === "on",
  });
  const api = await openApiOrStop(runtime, { ...parts, running });
  const first = await ike?.follow(running);
  const { name: engine, reason, isLibraryUnsafe } = running.engine;
  log(isLibraryUnsafe === true ? "warn" : "info", "engine_chosen", { engine, reason });
  parts.isUp();
  // The log's first lines stand before it, if anything reads them.
  await context.errors.settle(SETTLE_MS);
  onceAborted(ending.signal, running.stop);
  let result = 0;
  if (task === undefined) void print(runtime, log, listeningLine(config, running, api));
  else result = await doTask(running, () => task(running, config));
  if (first !== undefined) await tellFirst(runtime, log, connectCommandOf(runtime.program, first));
  const code = await running.finished;
  if (api !== null) await Promise.race([api.close(), delay(API_CLOSE_MS)]);
  return code === 0 ? result : code;
}

/** IKE of a client; null where others begin it. */
function clientIke(config: GatewayConfig): StartOptions["ike"] {
  const { client } = config;
  if (client === null) return null;
  return {
    plan: (engine) => clientPlan(config, client, engine),
    leases: [],
    onLease: () => undefined,
  };
}

/** Does a task, and stops the gateway. One that a signal ends is not done. */
async function doTask(running: RunningGateway, task: () => Promise<number>): Promise<number> {
  try {
    return await Promise.race([task(), running.finished.then(() => 1)]);
  } finally {
    running.stop();
  }
}

function loadServed({ runtime, flags, clock }: CommandContext): Promise<LoadedConfig> {
  return loadConfig({
    flags,
    certificates: { readPki: runtime.readPki, date: clock.date },
    environment: runtime.env(),
    readTextFile: runtime.readTextFile,
    cores: runtime.cores,
  });
}

function warnOfFiles(runtime: Runtime, log: Log, loaded: LoadedConfig): void {
  for (const reason of unsafeFiles(runtime, loaded)) log("warn", "unsafe_file", { reason });
}

/** Whoever sees a terminal copies the command; others find it in the log. */
async function tellFirst(runtime: Runtime, log: Log, command: string): Promise<void> {
  if (runtime.isTerminal) await print(runtime, log, `On the other side: ${command}\n`);
  else log("info", "first_client", { command });
}

/** Prints a line that the gateway can do without: it serves whether or not somebody reads it. */
async function print(runtime: Runtime, log: Log, line: string): Promise<void> {
  try {
    await runtime.stdout(line);
  } catch (error) {
    log("warn", "stdout_failed", { reason: error instanceof Error ? error.message : "unknown" });
  }
}

function openLog(
  { runtime, errors }: CommandContext,
  config: GatewayConfig,
  live: LiveSettings,
): Logs {
  const date = (): Date => new Date();
  errors.tellLostBy((count) =>
    logLine(config.logFormat, {
      level: "warn",
      at: date().toISOString(),
      event: "log_lines_lost",
      fields: { count },
    })
  );
  const open = (write: (line: string) => void): Log =>
    createLog({
      // Read at each line, because a reload may change it.
      get level() {
        return live.logLevel;
      },
      format: config.logFormat,
      write,
      now: runtime.now,
      date,
    });
  return { log: open(errors.push), strangersLog: open(errors.pushOfStranger) };
}

/** Two logs of one format, so that strangers take no line from others. */
interface Logs {
  readonly log: Log;
  readonly strangersLog: Log;
}

interface ApiParts extends Omit<RunParts, "strangersLog" | "ending" | "isUp"> {
  readonly running: RunningGateway;
}

async function openApiOrStop(runtime: Runtime, parts: ApiParts): Promise<HttpServer | null> {
  const { api } = parts.config;
  if (api === null) return null;
  try {
    return await openApi(runtime, api, parts);
  } catch (error) {
    parts.running.stop();
    await parts.running.finished;
    throw error;
  }
}

function openApi(runtime: Runtime, address: SocketAddress, parts: ApiParts): Promise<HttpServer> {
  const app = createApi({
    gateway: parts.running.gateway,
    clients: parts.ike?.clients ?? null,
    token: () => parts.live.apiToken,
    bound: { isLoopback: isLoopback(address) },
    log: parts.log,
    readAsset: runtime.readAsset,
  });
  return runtime.serveHttp({
    hostname: address.host,
    port: address.port,
    fetch: (request, remote) => app.fetch(request, { remote: remote.address }),
    onFailure: (reason) => parts.log("error", "api_accept_failed", { reason }),
  });
}

function listeningLine(
  config: GatewayConfig,
  { listening }: RunningGateway,
  server: HttpServer | null,
): string {
  const api = server === null ? "off" : socketText(server.address, server.port);
  const { connect: target } = config;
  const [event, tcp] = target === null
    ? ["listening", listening.tcp] as const
    : ["connecting", [target.text]] as const;
  if (config.logFormat === "json") return `${JSON.stringify({ event, tcp, api })}\n`;
  return `${event} ${tcp.map((address) => `tcp=${address} `).join("")}api=${api}\n`;
}

function onceAborted(signal: AbortSignal, run: () => void): void {
  if (signal.aborted) run();
  else signal.addEventListener("abort", run, { once: true });
}
