// The part of a gateway that `connect` adds: the dialer.

import type { GatewayConfig } from "../config/types.ts";
import type { Runtime } from "../runtime/types.ts";
import { dialForSas, type SaDialerOptions } from "./dial_for_sas.ts";
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

/** The originator's contributions to a gateway; without `connect` the lists are empty. */
export interface Originator {
  readonly listeners: readonly SaListener[];
  /** To be called when the gateway drains. */
  readonly drains: readonly (() => void)[];
}

/** Starts the originator's side if the configuration asks for it. */
export async function originate(
  { runtime, config, log }: OriginateOptions,
  { machine, ...parts }: OriginateParts,
): Promise<Originator> {
  const { connect: target } = config;
  if (target === null) return { listeners: [], drains: [] };
  const { kernel, clock } = machine;
  const ending = new AbortController();
  const { signal } = ending;
  const responder = await findResponder({ target, lookUp: resolveHost, log, signal });
  const dialer = dialForSas({
    ...parts,
    target,
    tcp: config.tcp,
    kernel,
    log,
    clock,
    random: () => randomFraction(runtime),
    mark: markOf(config),
    resolve: responder.look,
  });
  return {
    listeners: [dialer],
    drains: [() => ending.abort(), dialer.stop],
  };
}

function randomFraction(runtime: Runtime): number {
  const octets = new Uint8Array(4);
  runtime.random(octets);
  return new DataView(octets.buffer).getUint32(0) / 2 ** 32;
}
