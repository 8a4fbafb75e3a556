// Offloads: work on many packets that the kernel does in one call.

import * as z from "zod";
import type { Value } from "./value.ts";

/**
 * `off`: by its setting, or there is nothing to use it on. `refused`: the kernel does not have it,
 * at the start or in a call.
 */
const STATE = z.enum(["on", "off", "refused"]);

/** What is in use, by the settings `tun_tcp_offload` to `upstream_udp_gro`. */
export const OFFLOADS = z.object({
  tunTcp: STATE,
  tunUdp: STATE,
  upstreamUdpSegment: STATE,
  upstreamUdpGro: STATE,
});

export type Offloads = Value<typeof OFFLOADS>;
export type OffloadState = Value<typeof STATE>;
