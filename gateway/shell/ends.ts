// The ends of connections, as the configuration has them.

import type { GatewayConfig } from "../config/types.ts";
import { type Ends, endsAt } from "../edges/ends.ts";
import { emitSockaddr, familyOf } from "../linux/structs.ts";

/** Returns the end of IKE and the end of ESP that is not ours. */
export function endsOf({ upstream, upstreamSource: source }: GatewayConfig): Ends {
  if (upstream === null) return endsAt(null);
  const family = familyOf(upstream.octets);
  return endsAt({ family, address: emitSockaddr(upstream), source });
}
