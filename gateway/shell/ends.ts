// The ends of connections, as the configuration has them.

import type { GatewayConfig } from "../config/types.ts";
import { type Ends, endsAt } from "../edges/ends.ts";
import { emitSockaddr, familyOf } from "../linux/structs.ts";

/** The mark of the gateway's sockets; 0 if no route leads into a TUN. */
export function markOf({ inner, routeMark }: GatewayConfig): number {
  return inner.kind === "tun" ? routeMark : 0;
}

/**
 * Returns the end of IKE and the end of ESP that is not ours, where the IKE of this process does
 * not take part.
 */
export function endsOf(config: GatewayConfig): Ends {
  const { upstream, upstreamSource: source } = config;
  if (upstream === null) return endsAt(null);
  const family = familyOf(upstream.octets);
  return endsAt({ family, address: emitSockaddr(upstream), source, mark: markOf(config) });
}
