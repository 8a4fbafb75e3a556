// The state directory: what the gateway keeps over restarts.

import { join } from "node:path";
import { type FileLock, lockFile, openLockKernel } from "../linux/lock.ts";
import type { PrivateFolder, Runtime } from "../runtime/types.ts";
import { CLIENTS_PART, type ClientStore, openClients } from "./clients.ts";
import { type LeaseKeeper, openLeases } from "./leases.ts";
import { openTicketKeys, type TicketKeys } from "./ticket_keys.ts";
import { openServer, type Server, type StateTools } from "./server.ts";

/** The state of a gateway, as commands beside it see it. */
export interface State extends StateTools {
  readonly clients: ClientStore;
  /** The gateway as it was kept at the opening. */
  readonly server: Server;
}

/** The state of a gateway that runs. No other process has it as its own. */
export interface OwnState extends State {
  readonly leases: LeaseKeeper;
  readonly tickets: TicketKeys;
  /** Writes what is not written yet, and lets others have it. */
  close(): Promise<void>;
}

/** How to open a state. */
export interface StateOptions {
  readonly runtime: Runtime;
  /** `--state-dir`; null for the usual place. */
  readonly stateDir: string | null;
  /** Hears of what cannot be read or written; the gateway goes on without it. */
  readonly onTrouble: (reason: string) => void;
}

/**
 * Opens the state beside the gateway that may run with it.
 *
 * @throws {Error} If it cannot be read or made
 */
export async function openState({ runtime, stateDir, onTrouble }: StateOptions): Promise<State> {
  const path = stateDir ?? usualPlace(runtime);
  const folder = await runtime.openPrivateFolder(path, [CLIENTS_PART]);
  const tools: StateTools = { folder, random: runtime.random };
  const clients = openClients({ ...tools, date: () => new Date(), onDamaged: onTrouble });
  return { ...tools, clients, server: await openServer(tools) };
}

/**
 * Opens the state for the gateway itself.
 *
 * @throws {Error} If another gateway runs with it, or it cannot be read or made
 */
export async function openOwnState(options: StateOptions): Promise<OwnState> {
  const { runtime, onTrouble } = options;
  const state = await openState(options);
  const lock = await takeLock(runtime, state.folder);
  try {
    const leases = await openLeases({ folder: state.folder, onTrouble });
    const tickets = await openTicketKeys({ ...state, date: () => new Date() });
    return {
      ...state,
      leases,
      tickets,
      async close(): Promise<void> {
        await leases.close();
        tickets.close();
        lock.close();
      },
    };
  } catch (error) {
    lock.close();
    throw error;
  }
}

const LOCK = "lock";

async function takeLock(runtime: Runtime, folder: PrivateFolder): Promise<FileLock> {
  await folder.create(LOCK, new Uint8Array(0));
  const lock = lockFile(openLockKernel(runtime), join(folder.path, LOCK));
  if (lock !== undefined) return lock;
  throw new Error(
    `Cannot use ${folder.path}: another gateway runs with it (--state-dir names another folder)`,
  );
}

/** Where state belongs (XDG Base Directory Specification; FHS 3.0 §5.8). */
export function usualPlace(runtime: Pick<Runtime, "env" | "isRoot">): string {
  if (runtime.isRoot()) return "/var/lib/culvert";
  const { XDG_STATE_HOME: state = "", HOME: home = "" } = runtime.env();
  if (state.startsWith("/")) return join(state, "culvert");
  if (home.startsWith("/")) return join(home, ".local/state/culvert");
  throw new Error("Cannot find a place for the state: neither --state-dir nor HOME names one");
}
