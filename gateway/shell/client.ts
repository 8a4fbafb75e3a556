// The client's side of a gateway with IKE inside: the connection, the IKE SA, and the inner
// addresses that the server gives.

import { identityText } from "../ike/identity/identity.ts";
import { addAddress, removeAddress } from "../linux/device_addresses.ts";
import type { Tun } from "../linux/tun.ts";
import type { IpAddress } from "../model/address.ts";
import { SERVER } from "./client_plan.ts";
import { startDialer } from "./dialer.ts";
import { setEchoAddresses } from "./echo_addresses.ts";
import type { EventHub } from "./events.ts";
import type { Ike } from "./ike.ts";
import { type InnerSide, keepInnerAddresses } from "./inner_addresses.ts";
import type { Machine } from "./machine.ts";
import type { Network } from "./network.ts";
import type { Orders } from "./orders.ts";
import { dialOptions, type OriginateOptions, type OriginateParts } from "./originate.ts";
import type { Pinger } from "./pinger.ts";
import { createTunnel, type Tunnel, type TunnelAction } from "./tunnel.ts";

/** The parts of the gateway that are there already. */
export interface ClientParts extends Pick<OriginateParts, "lanes" | "rows"> {
  readonly machine: Machine;
  readonly events: Pick<EventHub, "subscribe" | "tell">;
  readonly orders: Pick<Orders, "kick">;
  /** Undefined where IKE is not inside. */
  readonly ike: Pick<Ike, "order" | "subscribe"> | undefined;
  readonly descriptors: { readonly tun: Tun | null };
  readonly network: Pick<Network, "addressesChanged">;
  readonly pinger: Pick<Pinger, "use">;
}

/** The client's side. */
export interface Client extends Pick<Tunnel, "subscribe"> {
  /** Deletes the IKE SA, and dials no more; bounded in time. */
  end(): Promise<void>;
  /** Takes the inner addresses away. Idempotent. */
  close(): void;
}

/** Starts it, and it dials at once; undefined if the configuration does not ask for it. */
export async function startClient(
  options: OriginateOptions,
  parts: ClientParts,
): Promise<Client | undefined> {
  const { connect: target, client } = options.config;
  const { ike, events, orders, pinger, machine, network, descriptors: { tun } } = parts;
  if (ike === undefined || target === null || client === null) return undefined;
  const addresses = keepInnerAddresses({
    ...tun === null ? echoSide(machine) : tunSide(machine, tun),
    failed: (reason) => events.tell("address_failed", { reason }, "error"),
  });
  const tunnel = createTunnel({
    ids: { local: identityText(client.localId), server: client.serverId },
    orders: {
      initiate: (path) =>
        ike.order({ kind: "initiate", target: { peer: SERVER, addresses: FAMILIES }, path }),
      pathOpened: (number, path) => ike.order({ kind: "pathOpened", ike: number, path }),
      end: (number) => ike.order({ kind: "end", ike: number }),
    },
    kick: orders.kick,
    events,
    use({ addresses: given }): void {
      addresses.use(given);
      network.addressesChanged();
      const [first] = given;
      if (tun === null && first !== undefined) pinger.use(first);
    },
  });
  const unsubscribe = ike.subscribe((action) => {
    if (isTold(action)) tunnel.hear(action);
  });
  const ending = new AbortController();
  const { signal } = ending;
  const dialler = await dialOptions(options, { ...parts, target, signal });
  const dialer = startDialer({ ...dialler, purpose: tunnel.purpose });

  async function end(): Promise<void> {
    ending.abort();
    dialer.stop();
    await tunnel.end();
    unsubscribe();
  }

  return { subscribe: tunnel.subscribe, end, close: addresses.close };
}

/** A server without addresses of a family gives none of it. */
const FAMILIES = ["v4", "v6"] as const;

function isTold(action: { readonly kind: string }): action is TunnelAction {
  return ["established", "install", "configured", "ended", "refused"].includes(action.kind);
}

/** The echo host keeps its last address of a family: nobody else has it. */
function echoSide(machine: Machine): Omit<InnerSide, "failed"> {
  return {
    add(address: IpAddress): boolean {
      setEchoAddresses(machine, [address]);
      return true;
    },
    remove: () => undefined,
  };
}

function tunSide({ kernel }: Machine, { index }: Tun): Omit<InnerSide, "failed"> {
  return {
    add: ({ octets }) => addAddress(kernel, { index, octets }) === "added",
    remove: ({ octets }) => void removeAddress(kernel, { index, octets }),
  };
}
