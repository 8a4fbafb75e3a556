// What the engine of IKE is told, made from the configuration and the state.

import type { GatewayConfig } from "../config/types.ts";
import type { CertificateSettings } from "../ike/certificates/settings.ts";
import type { IkePlan, PeerPlan } from "../ike/engine/plan.ts";
import { ANY, type Identity, identityKey, parseIdentity } from "../ike/identity/identity.ts";
import { espDefaults, IKE_DEFAULTS } from "../ike/suites/suite.ts";
import type { TicketKey } from "../ike/tickets/ticket.ts";
import { makePrefix, type Prefix } from "../model/prefix.ts";
import type { StoredClient } from "./clients.ts";
import { TICKET_MS } from "./ticket_keys.ts";

/** What a plan is made from. */
export interface PlanOptions {
  readonly config: GatewayConfig;
  /** The gateway's identity, as `parseIdentity` reads it. */
  readonly id: string;
  readonly clients: readonly StoredClient[];
  /** Keys of tickets, the one that seals first. */
  readonly ticketKeys: readonly TicketKey[];
  /** Who runs the AEAD of ESP. */
  readonly engine: "wasm" | "native";
}

/** Makes a plan. Its secrets are copies, which its holder wipes. */
export function makePlan({ config, id, clients, ticketKeys, engine }: PlanOptions): IkePlan {
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
    ...config.certificates === null ? {} : { certificates: copied(config.certificates) },
    tickets: {
      keys: ticketKeys.map((one) => ({ ...one, key: one.key.slice() })),
      lifetimeMs: TICKET_MS,
    },
  };
}

/** Everything, of both families. */
const EVERYTHING: readonly Prefix[] = [
  makePrefix(new Uint8Array(4), 0),
  makePrefix(new Uint8Array(16), 0),
];

function peerPlan(peer: GatewayConfig["peers"][number]): PeerPlan {
  const { id, auth, psk, isShared, local, remote, pool } = peer;
  return {
    name: id,
    remoteId: id,
    psk: psk?.slice() ?? null,
    auth,
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

/** Whoever has the secret of `--psk-file`, or a certificate if no peer is named that has one. */
function anyPlan({ psk, peers, certificates }: GatewayConfig): readonly PeerPlan[] {
  const common = {
    ...{ name: ANY, remoteId: ANY },
    ...{ local: EVERYTHING, remote: null, pool: null },
  };
  if (psk !== null) return [{ ...common, psk: psk.slice(), isShared: true }];
  const isNamed = peers.some(({ auth }) => auth.peer === "cert");
  if (isNamed || certificates === null || certificates.anchors.length === 0) return [];
  return [{ ...common, psk: null, auth: { own: "cert", peer: "cert" }, isShared: false }];
}

function copied({ own, ...rest }: CertificateSettings): CertificateSettings {
  return { ...rest, own: own === null ? null : { ...own, key: own.key.slice() } };
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
