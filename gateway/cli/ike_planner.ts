// Makes the plan of IKE inside from what there is now: a configuration, an identity, and clients.

import type { GatewayConfig, PeerConfig } from "../config/types.ts";
import type { IkePlan } from "../ike/engine/plan.ts";
import type { Log } from "../shell/log.ts";
import { makePlan } from "../state/ike_plan.ts";
import type { OwnState } from "../state/open_state.ts";
import { type Server, updateServer } from "../state/server.ts";

/** What plans are made from. It has copies of all secrets of the configuration. */
export interface Planner {
  /** A plan, whose secrets are copies. Without an engine it is that of the plan before. */
  readonly plan: (engine?: "wasm" | "native") => IkePlan;
  /** The gateway as its clients know it. */
  readonly server: () => Server;
  /** Keeps where the gateway is. */
  update(change: Partial<Server>): Promise<void>;
  /** Copies a configuration now, and puts it in the place of the former one when you call that. */
  take(next: GatewayConfig): () => void;
  /** Whether the configuration names anybody who may come. */
  hasPeers(): boolean;
  /** Whether clients have come or gone, or another key has to seal tickets. */
  hasChanged(): Promise<boolean>;
  /** Reads the clients. */
  read(what?: "afresh"): Promise<void>;
  /** Wipes all secrets. */
  wipe(): void;
}

/** What a planner begins with. */
export interface PlannerOptions {
  /** Its secrets are wiped when they are copied. */
  readonly config: GatewayConfig;
  readonly log: Log;
  readonly state: OwnState;
  /** Tells what the gateway goes on without. */
  readonly tell: (reason: string) => void;
}

/** Makes a planner, with the clients that there are. */
export async function openPlanner(options: PlannerOptions): Promise<Planner> {
  const { log, state: { folder, clients: store, tickets, ...state } } = options;
  let config = withCopies(options.config);
  wipe(options.config);
  warnOfShort(log, config);
  let server = await updateServer(folder, state.server, { id: config.ikeId ?? state.server.id });
  let version = await store.version();
  let clients = await store.read();
  let engine: "wasm" | "native" = "wasm";

  return {
    plan(chosen = engine): IkePlan {
      engine = chosen;
      return makePlan({ config, id: server.id, clients, ticketKeys: tickets.keys(), engine });
    },
    server: () => server,
    async update(change): Promise<void> {
      server = await updateServer(folder, server, change);
    },
    take(next): () => void {
      const copies = withCopies(next);
      return () => {
        wipe(config);
        config = copies;
        warnOfShort(log, config);
      };
    },
    hasPeers: () => config.psk !== null || config.peers.length > 0 || config.certificates !== null,
    hasChanged: async () => tickets.isDue() || await store.version() !== version,
    async read(what): Promise<void> {
      // Before the clients: what comes meanwhile is then seen the next time.
      version = await store.version();
      clients = await store.read(what);
      await tickets.renew();
    },
    wipe(): void {
      wipe(config);
      for (const { psk } of clients) psk.fill(0);
    },
  };
}

/** The configuration with secrets of its own. */
function withCopies(config: GatewayConfig): GatewayConfig {
  const copy = (peer: PeerConfig): PeerConfig => ({ ...peer, psk: peer.psk?.slice() ?? null });
  const { certificates } = config;
  const own = certificates?.own ?? null;
  return {
    ...config,
    psk: config.psk?.slice() ?? null,
    peers: config.peers.map(copy),
    certificates: certificates === null || own === null
      ? certificates
      : { ...certificates, own: { ...own, key: own.key.slice() } },
  };
}

function wipe({ psk, peers, certificates }: GatewayConfig): void {
  psk?.fill(0);
  for (const peer of peers) peer.psk?.fill(0);
  certificates?.own?.key.fill(0);
}

/** Fewer octets than this can be guessed by whoever has once answered in the gateway's place. */
const PSK_LEN_SAFE = 20;

function warnOfShort(log: Log, { psk, pskFile, peers }: GatewayConfig): void {
  const secrets = [...peers, ...psk === null || pskFile === null ? [] : [{ psk, pskFile }]];
  for (const { pskFile: file, psk: secret } of secrets) {
    if (secret === null || file === null || secret.length >= PSK_LEN_SAFE) continue;
    log("warn", "psk_short", {
      file,
      reason: "Whoever answers in the gateway's place can try guesses out",
    });
  }
}
