// Which offloads are in use: what the settings allow, less what the kernel refuses.

import {
  OFFLOAD_HEADER,
  OFFLOAD_NONE,
  OFFLOAD_TCP,
  OFFLOAD_UDP,
} from "../../ts-bindings/layout.ts";
import type { GatewayConfig } from "../config/types.ts";
import type { Tun, TunOffloads } from "../linux/tun.ts";
import type { Offloads, OffloadState } from "../model/offloads.ts";
import type { RefusedCalls } from "./refused_calls.ts";

/** The core's bits for a device. */
export function coreOffload({ tcp, udp }: TunOffloads): number {
  if (!tcp && !udp) return OFFLOAD_NONE;
  return OFFLOAD_HEADER | (tcp ? OFFLOAD_TCP : 0) | (udp ? OFFLOAD_UDP : 0);
}

/** Returns the offloads in use now. */
export function offloadsInUse(
  config: GatewayConfig,
  tun: Tun | null,
  refused: Pick<RefusedCalls, "has">,
): Offloads {
  const { tunTcpOffload, tunUdpOffload, upstreamUdpSegment, upstreamUdpGro } = config;

  function ofTun(setting: "on" | "off", protocol: keyof TunOffloads): OffloadState {
    if (setting === "off" || tun === null) return "off";
    return tun.offloads[protocol] && !refused.has(`tun_${protocol}_join`) ? "on" : "refused";
  }

  function ofUpstream(setting: "on" | "off", call: "udp_segment" | "udp_gro"): OffloadState {
    if (setting === "off" || config.upstream === null) return "off";
    return refused.has(call) ? "refused" : "on";
  }

  return {
    tunTcp: ofTun(tunTcpOffload, "tcp"),
    tunUdp: ofTun(tunUdpOffload, "udp"),
    upstreamUdpSegment: ofUpstream(upstreamUdpSegment, "udp_segment"),
    upstreamUdpGro: ofUpstream(upstreamUdpGro, "udp_gro"),
  };
}
