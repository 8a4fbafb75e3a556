// What the engine of IKE is told on the client's side: one server to go to, and nobody who may
// come.

import type { ClientConfig, GatewayConfig } from "../config/types.ts";
import type { IkePlan } from "../ike/engine/plan.ts";
import { espDefaults, IKE_DEFAULTS } from "../ike/suites/suite.ts";

/** Name of the server's policy; the server's SAs have it in the names of their peers. */
export const SERVER = "server";

/** Makes the plan, once. It has the secret itself: who wipes the plan leaves none behind. */
export function clientPlan(
  config: GatewayConfig,
  client: ClientConfig,
  engine: "wasm" | "native",
): IkePlan {
  const server = {
    name: SERVER,
    remoteId: client.serverId,
    psk: client.psk,
    auth: client.auth,
    wantsTickets: true,
    isShared: false,
    local: [],
    remote: client.remote,
    pool: null,
  };
  return {
    localId: client.localId,
    peers: [server],
    ike: config.ikeProposals?.policy ?? IKE_DEFAULTS,
    esp: config.espProposals?.policy ?? espDefaults(engine),
    pool: [],
    reserved: [],
    lifetimes: { ike: config.ikeLifetimeS * 1000, child: config.childLifetimeS * 1000 },
    dns: [],
    domains: [],
    halfOpenMax: 1,
    ...client.certificates === null ? {} : { certificates: client.certificates },
  };
}
