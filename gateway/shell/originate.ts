// What `connect` adds to a gateway: the dialer, and SAs that tell it of themselves.

import type { GatewayConfig } from "../config/types.ts";
import type { IpAddress } from "../model/address.ts";
import type { Gateway } from "../model/gateway.ts";
import { contains } from "../model/prefix.ts";
import type { Refusal } from "../model/refusal.ts";
import type { SaSpec } from "../model/sa_spec.ts";
import type { Runtime } from "../runtime/types.ts";
import { type DialerOptions, startDialer } from "./dialer.ts";
import type { Log } from "./log.ts";
import type { Machine } from "./machine.ts";
import { resolveHost } from "./resolve.ts";

export interface OriginateOptions {
  readonly runtime: Runtime;
  readonly config: GatewayConfig;
  readonly log: Log;
}

export interface OriginateParts extends Pick<DialerOptions, "lanes" | "events" | "rows" | "sad"> {
  readonly machine: Machine;
  readonly gateway: Gateway;
}

/**
 * Starts the originator's side if the configuration asks for it; else the gateway is as it was.
 *
 * @throws {Error} If the responder's name cannot be resolved
 */
export async function originate(
  { runtime, config, log }: OriginateOptions,
  { machine, gateway, ...parts }: OriginateParts,
): Promise<Gateway> {
  const { connect: target, inner } = config;
  if (target === null) return gateway;
  const { sad } = parts;
  const { kernel, clock } = machine;
  const isRouted = inner.kind === "tun";
  let responder = await resolveHost(target.host);
  const dialer = startDialer({
    ...parts,
    target,
    tcp: config.tcp,
    kernel,
    gateway,
    log,
    clock,
    random: () => randomFraction(runtime),
    resolve: async () => responder = await resolveHost(target.host),
    leadsInside: (address) =>
      isRouted &&
      sad.views().some(({ direction, remote }) =>
        direction === "outbound" && contains(remote, address)
      ),
  });

  async function installSa(spec: SaSpec): Promise<Refusal | undefined> {
    const refusal = isRouted ? loopRefusal(spec, responder) : undefined;
    if (refusal !== undefined) {
      spec.keyMaterial.fill(0);
      return refusal;
    }
    const refused = await gateway.installSa(spec);
    if (refused === undefined) dialer.installed(spec.spi);
    return refused;
  }

  function removeSa(spi: number): boolean {
    const isRemoved = gateway.removeSa(spi);
    if (isRemoved) dialer.removed();
    return isRemoved;
  }

  function drain(): void {
    dialer.stop();
    gateway.drain();
  }

  return { ...gateway, installSa, removeSa, drain };
}

/** A route for what holds the responder's own address would lead the TCP connection into itself. */
function loopRefusal(
  { direction, remote }: SaSpec,
  responder: readonly IpAddress[],
): Refusal | undefined {
  if (direction === "inbound") return undefined;
  const inside = responder.find((address) => contains(remote, address));
  if (inside === undefined) return undefined;
  const detail = `remote holds the responder's own address ${inside.text}`;
  return { kind: "invalid", member: "remote", detail };
}

function randomFraction(runtime: Runtime): number {
  const octets = new Uint8Array(4);
  runtime.random(octets);
  return new DataView(octets.buffer).getUint32(0) / 2 ** 32;
}
