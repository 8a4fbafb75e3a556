// What the engine of IKE is told, made from the configuration and the state.

import type { GatewayConfig } from "../config/types.ts";
import type { IkePlan, PeerPlan } from "../ike/engine/plan.ts";
import { ANY, type Identity, identityKey, parseIdentity } from "../ike/identity/identity.ts";
import { espDefaults, IKE_DEFAULTS } from "../ike/suites/suite.ts";
import { makePrefix, type Prefix } from "../model/prefix.ts";
import type { StoredClient } from "./clients.ts";

/** What a plan is made from. */
export interface PlanOptions {
  readonly config: GatewayConfig;
  /** The gateway's identity, as `parseIdentity` reads it. */
  readonly id: string;
  readonly clients: readonly StoredClient[];
  /** Who runs the AEAD of ESP. */
  readonly engine: "wasm" | "native";
}

/** Makes a plan. Its secrets are copies, which its holder wipes. */
export function makePlan({ config, id, clients, engine }: PlanOptions): IkePlan {
  const peers = [...config.peers.map(peerPlan), ...clients.map(clientPlan), ...anyPlan(config)];
  return {
    localId: identityOf(id),
    peers: withoutDoubles(peers),
    ike: config.ikeProposals?.policy ?? IKE_DEFAULTS,
    esp: config.espProposals?.policy ?? espDefaults(engine),
    pool: config.pool,
    reserved: [...config.inner.kind === "echo" ? config.inner.addresses : [], ...config.dns],
    lifetimes: { ike: config.ikeLifetimeS * 1000, child: config.childLifetimeS * 1000 },
    dns: config.dns,
    domains: config.splitDns,
    halfOpenMax: config.maxHalfOpen,
  };
}

/** Everything, of both families. */
const EVERYTHING: readonly Prefix[] = [
  makePrefix(new Uint8Array(4), 0),
  makePrefix(new Uint8Array(16), 0),
];

function peerPlan(peer: GatewayConfig["peers"][number]): PeerPlan {
  const { id, psk, isShared, local, remote, pool } = peer;
  return {
    name: id,
    remoteId: id,
    psk: psk.slice(),
    isShared,
    local: local ?? EVERYTHING,
    remote,
    pool,
  };
}

function clientPlan({ name, psk }: StoredClient): PeerPlan {
  return {
    name,
    remoteId: name,
    psk: psk.slice(),
    isShared: false,
    local: EVERYTHING,
    remote: null,
    pool: null,
  };
}

/** Whoever has the secret of `--psk-file`. */
function anyPlan({ psk }: GatewayConfig): readonly PeerPlan[] {
  if (psk === null) return [];
  const common = { local: EVERYTHING, remote: null, pool: null };
  return [{ name: ANY, remoteId: ANY, psk: psk.slice(), isShared: true, ...common }];
}

/** Of two peers of one identity the first counts: the other would never be asked. */
function withoutDoubles(peers: readonly PeerPlan[]): readonly PeerPlan[] {
  const seen = new Set<string>();
  return peers.filter(({ remoteId, psk }) => {
    const parsed = parseIdentity(remoteId);
    const key = "value" in parsed ? identityKey(parsed.value) : remoteId;
    const isDouble = seen.has(key);
    if (isDouble) psk?.fill(0);
    seen.add(key);
    return !isDouble;
  });
}

function identityOf(text: string): Identity {
  const parsed = parseIdentity(text);
  if ("value" in parsed) return parsed.value;
  throw new TypeError(`Cannot make an identity: ${parsed.problem}`);
}
