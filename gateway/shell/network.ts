// The gateway's part in the host's network: routes and rules of its TUN, the state of that device,
// and the watch that keeps both.

import type { GatewayConfig } from "../config/types.ts";
import { AF_INET, AF_INET6, IPPROTO_TCP, IPPROTO_UDP, RT_SCOPE_LINK } from "../linux/constants.ts";
import { createScratch, type Kernel } from "../linux/kernel.ts";
import { listAddresses, listLinks, setLink } from "../linux/links.ts";
import { familyOf } from "../linux/structs.ts";
import type { Tun } from "../linux/tun.ts";
import { isLoopback } from "../model/address.ts";
import type { SocketAddress } from "../model/socket_address.ts";
import type { ReadyCheck } from "../model/unready.ts";
import type { Runtime } from "../runtime/types.ts";
import type { EventHub } from "./events.ts";
import { removeLeftovers } from "./leftovers.ts";
import type { Log } from "./log.ts";
import { type NetworkChange, watchNetwork } from "./network_watch.ts";
import { listenerFlows, type OwnFlow, whole } from "./route_plan.ts";
import type { SaListener } from "./sa_changes.ts";
import { keepTunRoutes } from "./tun_routes.ts";
import { followTun } from "./tun_state.ts";

/** What the network adds to a gateway. */
export interface Network {
  readonly listeners: readonly SaListener[];
  readonly checks: readonly ReadyCheck[];
  /** The TUN has got or lost an address by this process: rules follow at once. */
  addressesChanged(): void;
  /** Ends the watch, and leaves the host's network as it was. Idempotent. */
  close(): void;
}

export interface NetworkOptions {
  readonly runtime: Pick<Runtime, "mapMemory">;
  readonly config: GatewayConfig;
  readonly log: Log;
  readonly kernel: Kernel;
  readonly tun: Tun | null;
  /** Addresses of the TCP listeners, with their ports. */
  readonly listening: readonly SocketAddressOctets[];
  readonly events: Pick<EventHub, "tell">;
  /** Called after an address or a route of the host has come or gone. */
  readonly addressListeners: readonly (() => void)[];
}

type SocketAddressOctets = Pick<SocketAddress, "octets" | "port">;

/** Octets of one datagram of a dump, at most (netlink(7)); a page of WebAssembly holds it. */
const WINDOW_LEN = 32_768;

/** Starts the watch; with a TUN, removes leftovers and keeps its routes. */
export function startNetwork(options: NetworkOptions): Network {
  const { tun } = options;
  const kernel = widen(options);
  const inner = tun === null ? undefined : keepTun(options, kernel, tun);
  const end = watchNetwork({
    kernel,
    log: options.log,
    tunIndex: tun?.index ?? 0,
    listeners: inner === undefined ? [] : [inner.changed],
    addressListeners: options.addressListeners,
  });
  let isOpen = true;

  function close(): void {
    if (!isOpen) return;
    isOpen = false;
    end();
    inner?.close();
  }

  return {
    listeners: inner?.listeners ?? [],
    checks: inner?.checks ?? [],
    addressesChanged: () => inner?.changed(NEW_ADDRESSES),
    close,
  };
}

const NEW_ADDRESSES: NetworkChange = {
  isUnknown: false,
  hasLinks: false,
  hasAddresses: true,
  hasRoutes: false,
  hasDefaults: false,
  hasRules: false,
  removedRoutes: [],
  disturbed: new Set(),
};

/** libc with a window that holds whole answers of rtnetlink. */
function widen({ runtime, kernel }: NetworkOptions): Kernel {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const mapped = runtime.mapMemory(memory);
  return {
    libc: kernel.libc,
    scratch: createScratch({ memory, mapped, offset: 0, len: WINDOW_LEN }),
  };
}

interface KeptTun extends Omit<Network, "addressesChanged"> {
  changed(change: NetworkChange): void;
}

function keepTun(options: NetworkOptions, kernel: Kernel, tun: Tun): KeptTun {
  const { config, log, events } = options;
  const leftovers = removeLeftovers(kernel, tun.index);
  if (leftovers.rules + leftovers.routes > 0) log("info", "leftovers_removed", { ...leftovers });
  const routes = keepTunRoutes({
    ...{ kernel, tun, events },
    mark: config.routeMark,
    priority: config.routePriority,
    flows: ownFlows(options),
  });
  const state = followTun({ ...{ kernel, tun, events }, mtu: config.innerMtu });

  function changed(change: NetworkChange): void {
    const wasUp = state.isUp();
    if (change.hasLinks || change.isUnknown) state.look();
    // A device that is down takes no routes. When it comes up, nobody has looked for a while.
    if (state.isUp()) routes.changed(wasUp ? change : { ...change, isUnknown: true });
  }

  function close(): void {
    routes.close();
    restoreTun(kernel, tun, config.innerMtu);
  }

  return { listeners: [routes], checks: [state.check], changed, close };
}

/**
 * Gives a device that was there before its MTU and state back, if they are still ours. One with an
 * IPv6 address stays up: the kernel takes such addresses from a device that is set down.
 */
function restoreTun(kernel: Kernel, { before, index }: Tun, mtu: number): void {
  if (before === null) return;
  try {
    const now = listLinks(kernel).find((link) => link.index === index);
    if (now === undefined || now.mtu !== mtu || !now.isUp) return;
    const isBare = listAddresses(kernel).every((address) =>
      address.index !== index || address.octets.length === 4 || address.scope === RT_SCOPE_LINK
    );
    setLink(kernel, { index, mtu: before.mtu, isUp: before.isUp || !isBare });
  } catch {
    // It is gone.
  }
}

function ownFlows({ config, listening }: NetworkOptions): OwnFlow[] {
  const { api, upstream, connect } = config;
  const servers = api === null || isLoopback(api) || api.port === 0
    ? listening
    : [...listening, api];
  const daemon = upstream === null ? [] : [{
    family: familyOf(upstream.octets),
    protocol: IPPROTO_UDP,
    to: whole(upstream.octets),
    destinationPort: upstream.port,
  }];
  const dialled = connect === null ? [] : [AF_INET, AF_INET6].map((family) => ({
    ...{ family, protocol: IPPROTO_TCP },
    destinationPort: connect.port,
  }));
  return [...servers.flatMap(listenerFlows), ...daemon, ...dialled];
}
