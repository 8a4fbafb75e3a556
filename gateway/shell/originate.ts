// The part of a gateway that `connect` without IKE adds: the dialer for SAs of the API.

import type { ConnectTarget, GatewayConfig } from "../config/types.ts";
import type { Runtime } from "../runtime/types.ts";
import { dialForSas, type SaDialerOptions } from "./dial_for_sas.ts";
import type { DialerOptions } from "./dialer.ts";
import { markOf } from "./ends.ts";
import type { Log } from "./log.ts";
import type { Machine } from "./machine.ts";
import { resolveHost } from "./resolve.ts";
import { findResponder } from "./responder.ts";
import type { SaListener } from "./sa_changes.ts";

/** The process that the gateway runs in. */
export interface OriginateOptions {
  readonly runtime: Runtime;
  readonly config: GatewayConfig;
  readonly log: Log;
}

/** The parts of the gateway that are there already. */
export interface OriginateParts
  extends Pick<SaDialerOptions, "lanes" | "events" | "rows" | "sad" | "orders"> {
  readonly machine: Machine;
}

/** The originator's contributions to a gateway; empty where nothing is dialled for the API. */
export interface Originator {
  readonly listeners: readonly SaListener[];
  /** To be called when the gateway drains. */
  readonly drains: readonly (() => void)[];
}

/** Starts the originator's side if the configuration asks for it. */
export async function originate(
  options: OriginateOptions,
  parts: OriginateParts,
): Promise<Originator> {
  const { connect: target, client } = options.config;
  if (target === null || client !== null) return { listeners: [], drains: [] };
  const ending = new AbortController();
  const { signal } = ending;
  const common = await dialOptions(options, { ...parts, target, signal });
  const dialer = dialForSas({ ...parts, ...common });
  return {
    listeners: [dialer],
    drains: [() => ending.abort(), dialer.stop],
  };
}

/** What every dialer of this process has in common. */
export async function dialOptions(
  { runtime, config, log }: OriginateOptions,
  { machine, target, signal, lanes, events, rows }:
    & Pick<OriginateParts, "machine" | "lanes" | "events" | "rows">
    & {
      readonly target: ConnectTarget;
      /** Ends the look-ups at the start. */
      readonly signal: AbortSignal;
    },
): Promise<Omit<DialerOptions, "purpose">> {
  const responder = await findResponder({ target, lookUp: resolveHost, log, signal });
  return {
    ...{ lanes, events, rows, target, log },
    tcp: config.tcp,
    kernel: machine.kernel,
    clock: machine.clock,
    random: () => randomFraction(runtime),
    mark: markOf(config),
    resolve: responder.look,
  };
}

function randomFraction(runtime: Runtime): number {
  const octets = new Uint8Array(4);
  runtime.random(octets);
  return new DataView(octets.buffer).getUint32(0) / 2 ** 32;
}
