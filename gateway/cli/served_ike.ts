// IKE inside a gateway that this process runs: its state, its clients, and the plan that its engine
// goes by. What changes in the configuration or among the clients makes another plan.

import type { GatewayConfig } from "../config/types.ts";
import { wipePlan } from "../ike/engine/plan.ts";
import { isUnicast } from "../model/address.ts";
import type { Clients } from "../model/client.ts";
import { parseSocketAddress, type SocketAddress } from "../model/socket_address.ts";
import type { Log } from "../shell/log.ts";
import type { InsideOptions } from "../shell/ike_inside.ts";
import type { RunningGateway } from "../shell/start.ts";
import { createClientAdmin } from "../state/client_admin.ts";
import type { Server } from "../state/server.ts";
import type { CommandContext } from "./command.ts";
import { firstClient, type FirstMinute } from "./first_client.ts";
import { openPlanner, type PlannerOptions } from "./ike_planner.ts";

/** IKE inside, as the command sees it. */
export interface ServedIke {
  /** What the gateway is started with. */
  readonly options: InsideOptions;
  readonly clients: Clients;
  /**
   * Tells the state where the gateway is, and from now on the gateway what changes.
   *
   * @returns How the other side begins, if nobody but the first client may come
   */
  follow(running: Following): Promise<FirstMinute | undefined>;
  /** Goes on with another configuration, of which it keeps copies. */
  reload(config: GatewayConfig): Promise<void>;
  /** Ends all of it, and writes what is not written yet. */
  close(): Promise<void>;
}

/** What is followed of a gateway. */
export type Following = Pick<RunningGateway, "listening" | "reloadIke">;

/** A gateway's configuration and its log. */
export interface ServedIkeOptions {
  readonly config: GatewayConfig;
  readonly log: Log;
}

/**
 * Opens IKE inside; null if the configuration has none.
 *
 * @throws {Error} If the state cannot be used
 */
export async function openServedIke(
  { runtime, openState }: CommandContext,
  { config, log }: ServedIkeOptions,
): Promise<ServedIke | null> {
  if (config.ike === "off") return null;
  const tell = createTeller(log);
  const state = await openState({ runtime, stateDir: config.stateDir, onTrouble: tell });
  try {
    return await serveIke({ config, log, state, tell });
  } catch (error) {
    await state.close();
    throw error;
  }
}

/** Tells a trouble once as long as it is the same one. */
function createTeller(log: Log): (reason: string) => void {
  let last = "";
  return (reason) => {
    if (reason !== last) log("warn", "state_trouble", { reason });
    last = reason;
  };
}

/** How often clients are looked for that another process has made, ms. */
const LOOK_MS = 1000;

/** Does one thing after the other, so that the plan that is asked for last is the last one. */
function createTurns(
  tell: (reason: string) => void,
): (next: () => Promise<void>) => Promise<void> {
  let work: Promise<void> = Promise.resolve();
  return (next) => {
    work = work.then(next).catch((error: unknown) => tell(messageOf(error)));
    return work;
  };
}

async function serveIke(parts: PlannerOptions): Promise<ServedIke> {
  const { config, state, tell } = parts;
  const planner = await openPlanner(parts);
  const inTurn = createTurns(tell);
  let running: Following | undefined;

  async function refresh(what?: "afresh"): Promise<void> {
    await planner.read(what);
    if (running === undefined) return;
    const plan = planner.plan();
    running.reloadIke(plan);
    wipePlan(plan);
  }

  async function look(): Promise<void> {
    if (await planner.hasChanged()) await refresh();
  }

  const looking = setInterval(() => void inTurn(look), LOOK_MS);

  return {
    options: { plan: planner.plan, leases: state.leases.known, onLease: state.leases.note },
    clients: createClientAdmin({
      state,
      server: planner.server,
      onChange: () => inTurn(() => refresh()),
    }),
    async follow(gateway): Promise<FirstMinute | undefined> {
      running = gateway;
      const isNew = planner.server().address === null;
      const place = placeOf(config, gateway.listening.tcp);
      let first: FirstMinute | undefined;
      await inTurn(async () => {
        await planner.update(place);
        if (planner.hasPeers()) return;
        first = await firstClient({ state, server: planner.server(), isNew });
      });
      // Clients may have come since the plan that it was started with.
      await inTurn(() => refresh());
      return first;
    },
    reload: (next) => {
      const change = planner.take(next);
      return inTurn(() => {
        change();
        return refresh("afresh");
      });
    },
    async close(): Promise<void> {
      clearInterval(looking);
      running = undefined;
      await inTurn(() => Promise.resolve(planner.wipe()));
      await state.close();
    },
  };
}

/** What a profile has to say of where the gateway is. */
function placeOf(
  { inner, ikeId }: GatewayConfig,
  listening: readonly string[],
): Pick<Server, "address" | "inner"> {
  const sockets = listening.map(parseSocketAddress).filter((one) => one !== undefined);
  return {
    address: addressOf(sockets, ikeId),
    inner: inner.kind === "echo" ? inner.addresses[0]?.text ?? null : null,
  };
}

/** Null if it listens on all addresses, and its identity is no name of a host. */
function addressOf(sockets: readonly SocketAddress[], ikeId: string | null): string | null {
  const one = sockets.find(isUnicast);
  if (one !== undefined) return one.text;
  const [any] = sockets;
  const isHost = ikeId !== null && /^[\w-]+(\.[\w-]+)+$/.test(ikeId);
  return isHost && any !== undefined ? `${ikeId}:${any.port}` : null;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
