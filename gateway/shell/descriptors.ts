// The descriptors that the shell opens for its lanes. So a port in use or a missing privilege ends
// the start with one line.

import { LOWAT_START, OFFLOAD_NONE } from "../../ts-bindings/layout.ts";
import type { GatewayConfig } from "../config/types.ts";
import type { LaneInit } from "../lane/init.ts";
import { openEventfd } from "../linux/eventfd.ts";
import type { Kernel } from "../linux/kernel.ts";
import { type Listeners, listenTcp } from "../linux/listen.ts";
import { checkTcpOptions, knowsUdpSegment, setNotSentLowat } from "../linux/sockets.ts";
import { openTun, type Tun } from "../linux/tun.ts";
import { type SocketAddress, socketAddressText } from "../model/socket_address.ts";
import { endsOf, markOf } from "./ends.ts";
import type { IkeLinks } from "./ike.ts";
import type { Machine } from "./machine.ts";
import { coreOffload } from "./offloads.ts";

/** Everything that lanes own from their start on. */
export interface Descriptors {
  /** Addresses of the listeners, with the ports they have. */
  readonly listening: readonly string[];
  readonly listeners: readonly Listeners[];
  readonly tun: Tun | null;
  /** Whether lanes send runs of datagrams for the kernel to cut. */
  readonly sendsRuns: boolean;
  readonly eventfds: readonly number[];
}

/**
 * Opens listeners, TUN queues and eventfds, one of each for every lane.
 *
 * @throws {Error} With a line that names the address or the device. Descriptors that were opened
 *   before stay open until the process ends
 */
export function openDescriptors(kernel: Kernel, config: GatewayConfig): Descriptors {
  const { lanes } = config;
  const mark = markOf(config);
  // `[::]` takes IPv4 too, unless that has a listener of its own on the port.
  const addresses = config.listen.map(({ address }) => address);
  const listeners = config.listen.map(({ address, tcp }) =>
    listenTcp(kernel, { address, count: lanes, tcp, mark, isV6Only: hasV4Twin(address, addresses) })
  );
  // Else the log would say it of each try to connect.
  if (config.connect !== null) checkTcpOptions(kernel, config.tcp);
  for (const fd of listeners.flatMap(({ fds }) => fds)) setNotSentLowat(kernel, fd, LOWAT_START);
  return {
    listeners,
    listening: listeners.map(({ address }) => socketAddressText(address)),
    tun: config.inner.kind === "tun" ? openInner(kernel, config, config.inner.name) : null,
    sendsRuns: config.upstream !== null && config.upstreamUdpSegment === "on" &&
      knowsUdpSegment(kernel),
    eventfds: Array.from({ length: lanes }, () => openEventfd(kernel)),
  };
}

function openInner(kernel: Kernel, config: GatewayConfig, name: string): Tun {
  return openTun(kernel, {
    name,
    queues: config.lanes,
    mtu: config.innerMtu,
    offloads: { tcp: config.tunTcpOffload === "on", udp: config.tunUdpOffload === "on" },
  });
}

function hasV4Twin(address: SocketAddress, all: readonly SocketAddress[]): boolean {
  return address.octets.length === 16 &&
    all.some(({ octets, port }) => octets.length === 4 && port === address.port);
}

/** The first message to each lane. */
export function laneInits(
  descriptors: Descriptors,
  { machine, config, openFilesMax, ikeLinks }: {
    readonly machine: Machine;
    readonly config: GatewayConfig;
    /** Descriptors that the process may have. */
    readonly openFilesMax: number;
    /** Undefined if IKE is not inside. */
    readonly ikeLinks: IkeLinks | undefined;
  },
): LaneInit[] {
  const { listeners, tun, sendsRuns, eventfds } = descriptors;
  return eventfds.map((eventfd, index) => ({
    module: machine.module,
    memory: machine.memory,
    native: machine.native?.handle ?? null,
    index,
    lanes: config.lanes,
    connectionsMax: config.maxConnections,
    openFilesMax,
    listeners: listeners.flatMap(({ fds }) =>
      fds.slice(index, index + 1).map((fd) => ({ fd, front: "plain" as const }))
    ),
    tun: tun?.queues[index] ?? -1,
    offload: tun === null ? OFFLOAD_NONE : coreOffload(tun.offloads),
    sendsRuns,
    takesRuns: config.upstreamUdpGro === "on",
    eventfd,
    eventfds,
    innerMtu: config.innerMtu,
    ...endsOf(config),
    ...insideOf(ikeLinks, index),
    prefixTimeoutMs: config.prefixTimeoutMs,
    frameTimeoutMs: config.frameTimeoutMs,
    idleTimeoutMs: config.idleTimeoutMs,
    unauthenticatedTimeoutMs: config.unauthenticatedTimeoutMs,
    drainTimeoutMs: config.drainTimeoutMs,
    logFormat: config.logFormat,
  }));
}

/** The end of IKE of one lane, where IKE is inside. */
function insideOf(ikeLinks: IkeLinks | undefined, lane: number): Partial<Pick<LaneInit, "ike">> {
  const link = ikeLinks?.links[lane];
  return link === undefined ? {} : { ike: { kind: "inside", link } };
}
